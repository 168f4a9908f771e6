// Viewers of one mrmd terminal, in a separate process: one types a command, all count to its last word.
// Arguments: port, terminal, viewers, command. Prints a `Watched` as JSON.

import { crc32 } from "node:zlib"
import { openSocket } from "../lib/socket.ts"

/** `sums`: one checksum per viewer, equal when all got the same output. */
export type Watched = { bytes: number; ms: number; sums: number[] }

const END = "the-end"

async function watch(port: number, id: string, viewers: number, command: string): Promise<Watched> {
  const sums = Array<number>(viewers).fill(0)
  let bytes = 0
  const ended: Promise<void>[] = []
  for (let i = 0; i < viewers; i++) {
    const { promise, resolve } = Promise.withResolvers<void>()
    ended.push(promise)
    let tail = ""
    const any = (piece: Uint8Array) => {
      bytes += piece.length
      sums[i] = crc32(piece, sums[i])
      tail = (tail + Buffer.from(piece.subarray(-32)).toString("latin1")).slice(-64)
      if (tail.includes(END)) resolve()
    }
    await openSocket(port, `/api/pty?session_id=${id}`, { any, close: resolve })
  }
  const socket = new WebSocket(`ws://127.0.0.1:${port}/api/pty?session_id=${id}`)
  await new Promise(resolve => socket.addEventListener("message", resolve, { once: true }))
  const begun = performance.now()
  socket.send(`${command}; echo the-''end\n`)
  socket.close()
  await Promise.all(ended)
  return { bytes, ms: performance.now() - begun, sums }
}

const [port, id, viewers, command] = process.argv.slice(2)
console.log(JSON.stringify(await watch(Number(port), id!, Number(viewers), command!)))
process.exit(0)
