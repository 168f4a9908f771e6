// Cost of a worker for a key: echo over a WebSocket to the core, and through its workers.

import { readdirSync } from "node:fs"
import { listeningSockets, socketsOf } from "../../src/backends/process/listeners.ts"
import { create, end, helper } from "./lib/api.ts"
import { type Bench, median } from "./lib/figures.ts"
import { Server } from "./lib/server.ts"

const PROCESSES = 4
const ROUNDS = 24
const KEYS = 300
const ECHO = "stty -icanon; printf ready; exec cat >/dev/null"

/** Resolves when all processes listen. */
async function listening(port: number): Promise<void> {
  const count = () => {
    const inodes = new Set(listeningSockets().flatMap(socket => (socket.port === port ? [socket.inode] : [])))
    const pids = readdirSync("/proc").filter(name => /^\d+$/.test(name))
    return pids.filter(pid => [...socketsOf(Number(pid))].some(inode => inodes.has(inode))).length
  }
  while (count() < PROCESSES) await Bun.sleep(20)
}

export const workers: Bench = {
  name: "workers",
  async run(report) {
    await using alone = await Server.start()
    await using shared = await Server.start({ flags: ["-w", String(PROCESSES)] })
    await listening(shared.port)
    const [direct, through]: [number[], number[]] = [[], []]
    for (let round = 0; round < ROUNDS; round++)
      for (const [server, all] of [
        [alone, direct],
        [shared, through],
      ] as const) {
        const session = await create(server, ECHO)
        all.push(median(await helper<number[]>("echoer.ts", KEYS, server.port, session.id)))
        await end(server, session)
      }
    // connections are spread at random: the slowest of many goes through a worker
    const [measured, baseline] = [Math.max(...through), median(direct)]
    const note = `slowest of ${ROUNDS} connections over ${PROCESSES} processes, p50 each; median ${median(through).toFixed(3)}`
    const target = `<= base + 1 = ${(baseline + 1).toFixed(3)}`
    report({
      name: "echo through a worker, p50",
      measured,
      unit: "ms",
      baseline,
      target,
      met: measured <= baseline + 1,
      note,
    })
  },
}
