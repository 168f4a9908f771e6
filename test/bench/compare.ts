// One program beside another one in the same run: Deno beside Bun, or a build beside an earlier one.

import { programUnderDeno } from "../program.ts"
import { holdersOf } from "./durable.ts"
import { create, end, helper } from "./lib/api.ts"
import { type Bench, median, type Row } from "./lib/figures.ts"
import { program, Server } from "./lib/server.ts"
import type { Seen } from "./programs/viewer.ts"
import { startTime } from "./startup.ts"

const ROUNDS = 5
const KEYS = 400
const MIB = 1 << 20
const ECHO = "stty -icanon; printf ready; exec cat >/dev/null"
const LOADS: Record<string, string> = {
  "plain bytes": "read go; head -c 100000000 /dev/zero | tr '\\0' x",
  "seq lines": "read go; seq 1 6000000",
}

/** `higher`: whether a higher figure is better. `limit`: for Deno, absolute. */
type Figure = {
  name: string
  unit: string
  higher: boolean
  limit: number | null
  of(command: string[]): Promise<number>
}

async function onServer(
  command: string[],
  holders: boolean,
  work: (server: Server) => Promise<number>,
): Promise<number> {
  await using server = await Server.start({ command, env: { PTYLINE_HOLDERS: String(holders) } })
  return await work(server)
}

const echo = (holders: boolean) => (command: string[]) =>
  onServer(command, holders, async server => {
    const session = await create(server, ECHO)
    const times = await helper<number[]>("echoer.ts", KEYS, server.port, session.id)
    await end(server, session)
    return median(times)
  })

/** In MB/s; a figure of 0 means that bytes were missing. */
const throughput = (load: string) => (command: string[]) =>
  onServer(command, false, async server => {
    const session = await create(server, load)
    const { bytes, ms, lost, code } = await helper<Seen>("viewer.ts", server.port, session.id)
    await end(server, session)
    return code === 0 ? (bytes + lost) / 1000 / ms : 0
  })

const holder = (kind: "pss" | "rss") => (command: string[]) =>
  onServer(command, true, async server => {
    const sessions = await Promise.all([1, 2, 3].map(() => create(server, ["cat"])))
    await Bun.sleep(3000)
    const sizes = holdersOf(server.home).map(memory => memory[kind] / MIB)
    for (const session of sessions) await end(server, session)
    return median(sizes)
  })

const FIGURES: Figure[] = [
  { name: "start", unit: "ms", higher: false, limit: 250, of: startTime },
  { name: "echo, p50", unit: "ms", higher: false, limit: 0.6, of: echo(false) },
  { name: "echo through a holder, p50", unit: "ms", higher: false, limit: null, of: echo(true) },
  ...Object.entries(LOADS).map(([name, load]) => {
    return {
      name,
      unit: "MB/s",
      higher: true,
      limit: name === "plain bytes" ? 25 : null,
      of: throughput(load),
    }
  }),
  { name: "an idle holder, PSS", unit: "MiB", higher: false, limit: null, of: holder("pss") },
  { name: "an idle holder, RSS", unit: "MiB", higher: false, limit: 40, of: holder("rss") },
]

/** Measures both programs in turn. `worse`: the most that the first may be worse, as a share. */
async function compare(
  figure: Figure,
  who: string,
  commands: [string[], string[]],
  worse: number | null,
): Promise<Row> {
  const [ours, base]: [number[], number[]] = [[], []]
  await figure.of(commands[0]) // fills caches
  for (let round = 0; round < ROUNDS; round++) {
    base.push(await figure.of(commands[1]))
    ours.push(await figure.of(commands[0]))
  }
  const [measured, baseline] = [median(ours), median(base)]
  const { name, unit, higher, limit } = figure
  const bound = worse === null ? limit : baseline * (higher ? 1 - worse : 1 + worse)
  const met = bound === null ? null : higher ? measured >= bound : measured <= bound
  const target = bound === null ? "information" : `${higher ? ">=" : "<="} ${bound.toPrecision(3)}`
  return { name: `${who}: ${name}`, measured, unit, baseline, target, met }
}

export const runtimes: Bench = {
  name: "runtimes",
  async run(report) {
    for (const figure of FIGURES)
      report(await compare(figure, "Deno beside Bun", [programUnderDeno(), program()], null))
  },
}

/** PTYLINE_BENCH_EARLIER is the earlier executable. */
export const builds: Bench = {
  name: "builds",
  async run(report) {
    const earlier = process.env.PTYLINE_BENCH_EARLIER
    if (!earlier) {
      process.stderr.write("builds: set PTYLINE_BENCH_EARLIER to an executable\n")
      return
    }
    for (const figure of FIGURES) report(await compare(figure, "this build", [program(), [earlier]], 0.05))
  },
}
