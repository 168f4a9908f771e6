// The benchmarks. `bun test/bench/main.ts [--only name] [--json]`: a table of figures, each against what was measured beside it.

import { parseArgs } from "node:util"
import { type Bench, type Row, ratioOf, table } from "./figures.ts"
import { throughput } from "./throughput.ts"

const BENCHES: Bench[] = [throughput]

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
