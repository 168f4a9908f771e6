// The benchmarks: `bun test/bench/main.ts [--only name] [--json]` prints figures, each beside its baseline.

import { parseArgs } from "node:util"
import { cli } from "./cli.ts"
import { builds, runtimes } from "./compare.ts"
import { complete } from "./complete.ts"
import { cost } from "./cost.ts"
import { cycles } from "./cycles.ts"
import { durable } from "./durable.ts"
import { echo } from "./echo.ts"
import { floods } from "./flood.ts"
import { idle } from "./idle.ts"
import { type Bench, type Row, ratioOf, table } from "./lib/figures.ts"
import { log } from "./log.ts"
import { mcp } from "./mcp.ts"
import { mop } from "./mop.ts"
import { mrmd } from "./mrmd.ts"
import { startup } from "./startup.ts"
import { throughput } from "./throughput.ts"
import { workers } from "./workers.ts"

const BENCHES: Bench[] = [
  startup,
  throughput,
  echo,
  floods,
  idle,
  cost,
  complete,
  cycles,
  log,
  durable,
  mop,
  mrmd,
  workers,
  mcp,
  cli,
  runtimes,
  builds,
]

const { values } = parseArgs({ options: { only: { type: "string" }, json: { type: "boolean" } } })
const chosen = BENCHES.filter(({ name }) => values.only === undefined || name === values.only)
if (chosen.length === 0)
  throw new Error(`no such benchmark; there are ${BENCHES.map(b => b.name).join(", ")}`)

const rows: Row[] = []
for (const bench of chosen) {
  process.stderr.write(`${bench.name}...\n`)
  await bench.run(row => rows.push(row))
}
console.log(values.json ? JSON.stringify(rows.map(row => ({ ...row, ratio: ratioOf(row) }))) : table(rows))
process.exit(0)
