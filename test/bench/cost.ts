// Processor time of the server per delivered megabyte, with 1, 10 and 50 viewers.

import { create, end, helper } from "./lib/api.ts"
import type { Bench } from "./lib/figures.ts"
import { Server } from "./lib/server.ts"
import { attach } from "./lib/socket.ts"

const COMMAND = "read go; head -c 60000000 /dev/zero | tr '\\0' x"

async function costOf(server: Server, viewers: number): Promise<number> {
  const session = await create(server, COMMAND)
  let extra = 0
  const ended: Promise<void>[] = []
  for (let i = 1; i < viewers; i++) {
    const { promise, resolve } = Promise.withResolvers<void>()
    ended.push(promise)
    const bytes = (piece: Uint8Array) => {
      extra += piece.length
    }
    await attach(server.port, session.id, "mode=view&snapshot=never", { bytes, close: resolve })
  }
  const before = server.cpuMs
  const { bytes } = await helper<{ bytes: number }>("viewer.ts", server.port, session.id)
  await Promise.all(ended)
  const cpu = server.cpuMs - before
  await end(server, session)
  return cpu / ((bytes + extra) / 1e6)
}

export const cost: Bench = {
  name: "cost",
  async run(report) {
    await using server = await Server.start({ flags: ["--max-viewers", "64"] })
    for (const viewers of [1, 10, 50]) {
      const name = `cpu per MB delivered, ${viewers} viewer${viewers > 1 ? "s" : ""}`
      const measured = await costOf(server, viewers)
      report({ name, measured, unit: "ms", target: "information", met: null })
    }
  },
}
