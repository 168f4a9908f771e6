// Programs that print without end: responsiveness of the server, and cost of viewers that never read.

import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { create, end, helper, printed } from "./lib/api.ts"
import { type Bench, percentile, type Row } from "./lib/figures.ts"
import { Server } from "./lib/server.ts"
import { stall } from "./lib/stalled.ts"
import type { Ticks } from "./programs/ticker.ts"
import type { Seen } from "./programs/viewer.ts"

const FLOOD_MS = 4000
const STALLED_MS = 8000
const PLAIN = "tr '\\0' x </dev/zero"
const FLOODS = [
  { backend: "terminal", command: "yes" },
  { backend: "terminal", command: PLAIN },
  { backend: "bun-pty", command: PLAIN },
  { backend: "pipe", command: PLAIN },
]

type Report = (row: Row) => void

/** Timer ticks recorded by the server. */
class TickFile {
  readonly path: string
  #folder = mkdtempSync(join(tmpdir(), "ptyline-ticks-"))

  constructor() {
    this.path = join(this.#folder, "ticks.json")
  }

  read(): Ticks {
    return JSON.parse(readFileSync(this.path, "utf8")) as Ticks
  }

  [Symbol.dispose](): void {
    rmSync(this.#folder, { recursive: true })
  }
}

/** Response times of /healthz, requested 50 times a second for `ms`. */
async function healthTimes(server: Server, ms: number): Promise<number[]> {
  const times: number[] = []
  for (const until = performance.now() + ms; performance.now() < until; await Bun.sleep(20)) {
    const begun = performance.now()
    await (await fetch(`${server.origin}/healthz`)).text()
    times.push(performance.now() - begun)
  }
  return times
}

/** Percentage of the expected ticks. */
const share = ({ ticks, ms }: Ticks): number => (ticks * 1000) / ms

async function flood(server: Server, ticks: TickFile, load: (typeof FLOODS)[number], report: Report) {
  const session = await create(server, load.command, { backend: load.backend })
  await Bun.sleep(500)
  const [before, from] = [ticks.read(), await printed(server, session)]
  const idle = helper<Ticks>("idle-ticker.ts", FLOOD_MS)
  const times = await healthTimes(server, FLOOD_MS)
  const baseline = share(await idle)
  const [after, to] = [ticks.read(), await printed(server, session)]
  await end(server, session)
  const ms = after.ms - before.ms
  const measured = share({ ticks: after.ticks - before.ticks, ms })
  const name = `flood of ${load.command.split(" ")[0]}, ${load.backend}`
  const note = `${((to - from) / 1000 / ms).toFixed(0)} MB/s`
  const met = measured >= Math.min(85, 0.85 * baseline)
  report({ name: `${name}: timer`, measured, unit: "%", baseline, target: ">= 85", met, note })
  const slowest = percentile(times, 99)
  report({ name: `${name}: /healthz p99`, measured: slowest, unit: "ms", target: "< 30", met: slowest < 30 })
}

async function stalled(server: Server, kind: "socket" | "sse", report: Report): Promise<void> {
  const session = await create(server, `read go; ${PLAIN}`)
  const close = await stall(server, session, kind, 10)
  const before = server.rss
  const seen = await helper<Seen>("viewer.ts", server.port, session.id, STALLED_MS)
  const from = await printed(server, session)
  await Bun.sleep(300)
  const to = await printed(server, session)
  const grown = (server.rss - before) / (1 << 20)
  close()
  await end(server, session)
  const name = `ten stalled ${kind} readers`
  report({ name: `${name}: memory`, measured: grown, unit: "MiB", target: "<= 64", met: grown <= 64 })
  report({
    name: `${name}: program`,
    measured: (to - from) / 300_000,
    unit: "MB/s",
    target: "> 0",
    met: to > from,
  })
  const rate = seen.bytes / 1000 / seen.ms
  report({ name: `${name}: healthy viewer`, measured: rate, unit: "MB/s", target: ">= 20", met: rate >= 20 })
}

export const floods: Bench = {
  name: "flood",
  async run(report) {
    using ticks = new TickFile()
    const preload = join(import.meta.dir, "programs/ticker.ts")
    await using server = await Server.start({ preload, env: { BENCH_TICKS: ticks.path } })
    for (const load of FLOODS) await flood(server, ticks, load, report)
    await stalled(server, "socket", report)
    await stalled(server, "sse", report)
  },
}
