// Throughput from a program to one WebSocket viewer, against a loop that only reads, and against a relay
// that only reads and passes on.

import { create, end, helper } from "./lib/api.ts"
import { type Bench, median, type Row } from "./lib/figures.ts"
import { Server } from "./lib/server.ts"
import type { Seen } from "./programs/viewer.ts"

const ROUNDS = 15
const COLOURED = "\\033[32mok\\033[0m  \\033[1;34mtest/some/file.ts\\033[0m \\033[2m12 ms\\033[0m"

type Load = { name: string; backend: "terminal" | "pipe"; command: string; floor: number }

/** Each waits for Enter, so that the viewer is attached when output starts. */
const LOADS: Load[] = [
  {
    name: "terminal, plain bytes",
    backend: "terminal",
    command: "read go; head -c 100000000 /dev/zero | tr '\\0' x",
    floor: 0.9,
  },
  { name: "terminal, seq lines", backend: "terminal", command: "read go; seq 1 11000000", floor: 0.9 },
  {
    name: "terminal, coloured lines",
    backend: "terminal",
    command: `read go; yes "$(printf '${COLOURED}')" | head -c 100000000`,
    floor: 0.9,
  },
  { name: "pipe", backend: "pipe", command: "read go; head -c 2000000000 /dev/zero", floor: 0.55 },
]

const rate = ({ bytes, ms }: Seen): number => bytes / 1000 / ms

async function watched(server: Server, { backend, command }: Load): Promise<Seen> {
  const session = await create(server, command, { backend })
  const seen = await helper<Seen>("viewer.ts", server.port, session.id)
  await end(server, session)
  return seen
}

/** Measures one load in turn: bare, relay, ptyline. */
async function compare(server: Server, load: Load): Promise<Row> {
  const [bare, ours, lost, relayed]: [number[], number[], number[], number[]] = [[], [], [], []]
  for (let round = 0; round < ROUNDS; round++) {
    bare.push(rate(await helper<Seen>("bare.ts", load.backend, load.command)))
    const seen = await watched(server, load)
    ours.push(rate(seen))
    lost.push(seen.lost)
    relayed.push(rate(await helper<Seen>("relay.ts", load.backend, load.command)))
  }
  const byRound = (rates: number[]) => median(rates.map((one, round) => one / bare[round]!))
  const ratio = byRound(ours)
  const least = `a relay that keeps nothing has ${byRound(relayed).toFixed(2)}`
  const note = `${range(ours)} of ${range(bare)}; skipped ${(median(lost) / 1e6).toFixed(0)} MB; ${least}`
  const [measured, baseline, met] = [median(ours), median(bare), ratio >= load.floor]
  return {
    name: load.name,
    measured,
    unit: "MB/s",
    baseline,
    ratio,
    target: `ratio >= ${load.floor}`,
    met,
    note,
  }
}

const range = (values: number[]): string =>
  `${Math.min(...values).toFixed(0)}..${Math.max(...values).toFixed(0)}`

export const throughput: Bench = {
  name: "throughput",
  async run(report) {
    await using server = await Server.start()
    for (const load of LOADS) report(await compare(server, load))
  },
}
