// mrmd: time to join with a replay, and cost of many viewers of one terminal.

import { helper } from "./lib/api.ts"
import { type Bench, percentile, type Row } from "./lib/figures.ts"
import { Server } from "./lib/server.ts"
import type { Watched } from "./programs/mrmd-viewers.ts"

const JOINS = 200
/** 20 MB of terminal output, with a carriage return before each newline. */
const BURST = "stty -echo; seq 1 2320000"
const BURST_BYTES = 19_768_896
const VIEWERS = 50

/** Opens a socket. Resolves with the length of its first frame and the time it took. */
function join(server: Server, id: string): Promise<{ ms: number; length: number; socket: WebSocket }> {
  const begun = performance.now()
  const socket = new WebSocket(`ws://127.0.0.1:${server.port}/api/pty?session_id=${id}`)
  return new Promise(resolve =>
    socket.addEventListener(
      "message",
      ({ data }) => resolve({ ms: performance.now() - begun, length: String(data).length, socket }),
      { once: true },
    ),
  )
}

async function joins(server: Server): Promise<Row> {
  const { socket } = await join(server, "joins")
  let seen = 0
  const full = new Promise<void>(resolve =>
    socket.addEventListener("message", ({ data }) => {
      seen += String(data).length
      if (seen > 100_000) resolve()
    }),
  )
  socket.send("seq 1 20000\n")
  await full
  const times: number[] = []
  let least = Number.POSITIVE_INFINITY
  for (let i = 0; i < JOINS; i++) {
    const one = await join(server, "joins")
    times.push(one.ms)
    least = Math.min(least, one.length)
    one.socket.close()
  }
  socket.close()
  const measured = percentile(times, 50)
  const note = `p99 ${percentile(times, 99).toFixed(1)} ms; replay of ${least} characters`
  return {
    name: "join with 64 KB of replay, p50",
    measured,
    unit: "ms",
    target: "< 10",
    met: measured < 10,
    note,
  }
}

type Cost = { cpuPerMb: number; watched: Watched }

async function watched(server: Server, viewers: number): Promise<Cost> {
  const before = server.cpuMs
  const seen = await helper<Watched>("mrmd-viewers.ts", server.port, `viewers-${viewers}`, viewers, BURST)
  return { cpuPerMb: (server.cpuMs - before) / (seen.bytes / 1e6), watched: seen }
}

async function fanOut(server: Server): Promise<Row[]> {
  const one = await watched(server, 1)
  const many = await watched(server, VIEWERS)
  const kinds = new Set(many.watched.sums).size
  const each = many.watched.bytes / VIEWERS
  return [
    {
      name: `cpu per MB delivered, ${VIEWERS} viewers against one`,
      measured: many.cpuPerMb,
      baseline: one.cpuPerMb,
      unit: "ms",
      target: "ratio <= 0.33",
      met: many.cpuPerMb <= one.cpuPerMb / 3,
    },
    {
      name: `different views of a whole burst among ${VIEWERS}`,
      measured: kinds,
      unit: "kinds",
      target: "1",
      met: kinds === 1 && each >= BURST_BYTES,
      note: `${(each / 1e6).toFixed(1)} MB each in ${(many.watched.ms / 1000).toFixed(1)} s`,
    },
  ]
}

export const mrmd: Bench = {
  name: "mrmd",
  async run(report) {
    await using server = await Server.start({ flags: ["--mrmd"], env: { SHELL: "/bin/sh" } })
    report(await joins(server))
    for (const row of await fanOut(server)) report(row)
  },
}
