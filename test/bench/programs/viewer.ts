// A viewer in a separate process: attaches, presses Enter so that the program starts, counts to the end.
// Arguments: port, session id, and a duration in ms (0: to the end). Prints a `Seen` as JSON.

import { attach, type Client } from "../lib/socket.ts"

export type Seen = { bytes: number; ms: number; lost: number; pieces: number; code: unknown }

async function view(port: number, id: string, limitMs: number): Promise<Seen> {
  const seen: Seen = { bytes: 0, ms: 0, lost: 0, pieces: 0, code: null }
  const ended = Promise.withResolvers<void>()
  const client: Client = await attach(port, id, "mode=control&snapshot=never", {
    bytes(bytes) {
      seen.bytes += bytes.length
      seen.pieces++
    },
    text(frame) {
      if (frame.type === "gap") seen.lost += Number(frame.to) - Number(frame.from)
      if (frame.type === "exit") seen.code = frame.code
      if (frame.type === "exit") ended.resolve()
    },
    close: ended.resolve,
  })
  const begun = performance.now()
  client.send(new TextEncoder().encode("\n"))
  if (limitMs > 0) setTimeout(ended.resolve, limitMs)
  await ended.promise
  seen.ms = performance.now() - begun
  client.end()
  return seen
}

const [port, id, limitMs] = process.argv.slice(2)
console.log(JSON.stringify(await view(Number(port), id!, Number(limitMs ?? 0))))
process.exit(0)
