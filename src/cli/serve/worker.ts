// `ptyline __worker`: an additional process on the server's port. Reads its orders from stdin; ends with it.

import { createInterface } from "node:readline"
import { listen } from "../../http/server.ts"
import { forwardTo } from "../../http/workers/forward.ts"
import type { WorkerConfig } from "../../services/workers.ts"

/** Listens until stdin ends or SIGTERM arrives. Resolves with the exit code. */
export async function work(): Promise<number> {
  const lines = createInterface({ input: process.stdin })
  const ended = new Promise<void>(resolve => {
    lines.on("close", resolve)
    process.on("SIGTERM", resolve)
    process.on("SIGINT", () => {}) // Ctrl-C is for the server, which stops its workers
  })
  const first = await Promise.race([new Promise<string>(resolve => lines.once("line", resolve)), ended])
  if (!first) return 0
  const { unix, address } = JSON.parse(first) as WorkerConfig
  const listener = listen({ ...address, reusePort: true }, forwardTo(unix))
  await ended
  await listener.stop()
  return 0
}
