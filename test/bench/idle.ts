// Cost of idle sessions, and the time to create one.

import { type Created, create, end } from "./lib/api.ts"
import { type Bench, median, percentile } from "./lib/figures.ts"
import { Server } from "./lib/server.ts"
import { attach } from "./lib/socket.ts"

const SESSIONS = 200
const WATCH_MS = 5000
const WARM_UP = 20

async function createMany(server: Server, count: number): Promise<{ all: Created[]; times: number[] }> {
  const [all, times]: [Created[], number[]] = [[], []]
  for (let i = 0; i < count; i++) {
    const begun = performance.now()
    all.push(await create(server, ["sleep", "1000"]))
    times.push(performance.now() - begun)
  }
  return { all, times }
}

/** Time from the request to the first byte of output on a socket. */
async function firstByte(server: Server): Promise<number> {
  const begun = performance.now()
  const session = await create(server, ["printf", "x"])
  const { promise, resolve } = Promise.withResolvers<void>()
  const client = await attach(server.port, session.id, "mode=view&snapshot=never", { bytes: () => resolve() })
  await promise
  const ms = performance.now() - begun
  client.end()
  await end(server, session)
  return ms
}

export const idle: Bench = {
  name: "idle",
  async run(report) {
    await using server = await Server.start()
    const warm = await createMany(server, WARM_UP)
    for (const session of warm.all) await end(server, session)
    const before = server.rss
    const { all, times } = await createMany(server, SESSIONS)
    await Bun.sleep(1000)
    const each = (server.rss - before) / SESSIONS / 1024
    const cpu = server.cpuMs
    await Bun.sleep(WATCH_MS)
    const share = ((server.cpuMs - cpu) / WATCH_MS) * 100
    report({ name: "idle session: memory", measured: each, unit: "KiB", target: "<= 64", met: each <= 64 })
    report({ name: "200 idle sessions: cpu", measured: share, unit: "%", target: "< 1", met: share < 1 })
    const made = median(times)
    const note = `p99 ${percentile(times, 99).toFixed(1)}`
    report({ name: "create, p50", measured: made, unit: "ms", target: "<= 10", met: made <= 10, note })
    await Promise.all(all.map(session => end(server, session)))
    const firsts: number[] = []
    for (let i = 0; i < 50; i++) firsts.push(await firstByte(server))
    const first = median(firsts)
    report({
      name: "create to first byte, p50",
      measured: first,
      unit: "ms",
      target: "information",
      met: null,
    })
  },
}
