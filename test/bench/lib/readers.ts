// The complete output and exit code of a session by poll, SSE and WebSocket.

import type { Created } from "./api.ts"
import type { Server } from "./server.ts"
import { attach } from "./socket.ts"

export type Whole = { output: Buffer; code: unknown }
export type Reader = (server: Server, session: Created) => Promise<Whole>

const poll: Reader = async (server, { id }) => {
  const pieces: Buffer[] = []
  for (let from = 0; ; ) {
    const query = `from=${from}&wait_ms=10000&max_bytes=1000000&encoding=base64`
    const response = await fetch(`${server.origin}/v1/sessions/${id}/output?${query}`)
    const reading = (await response.json()) as { data: string; next: number; exit: { code: number } | null }
    pieces.push(Buffer.from(reading.data, "base64"))
    from = reading.next
    if (reading.exit) return { output: Buffer.concat(pieces), code: reading.exit.code }
  }
}

const sse: Reader = async (server, { id }) => {
  const response = await fetch(`${server.origin}/v1/sessions/${id}/stream?from=0`)
  const pieces: Buffer[] = []
  let code: unknown = "no exit event"
  for (const block of (await response.text()).split("\n\n")) {
    const event = /^event: (\w+)$/m.exec(block)?.[1]
    const data = /^data: (.*)$/m.exec(block)?.[1] ?? "{}"
    if (event === "output") pieces.push(Buffer.from(JSON.parse(data).data, "base64"))
    if (event === "gap") throw new Error(`a gap: ${data}`)
    if (event === "exit") code = JSON.parse(data).code
  }
  return { output: Buffer.concat(pieces), code }
}

const socket: Reader = async (server, { id }) => {
  const pieces: Buffer[] = []
  let code: unknown = "no exit frame"
  const { promise, resolve } = Promise.withResolvers<void>()
  await attach(server.port, id, "mode=view&from=0", {
    bytes: bytes => void pieces.push(Buffer.from(bytes)),
    text(frame) {
      if (frame.type === "exit") code = frame.code
    },
    close: resolve,
  })
  await promise
  return { output: Buffer.concat(pieces), code }
}

export const READERS: Record<string, Reader> = { poll, sse, socket }
