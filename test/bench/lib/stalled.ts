// Viewers that connect and then stop reading.

import type { Created } from "./api.ts"
import type { Server } from "./server.ts"
import { attach } from "./socket.ts"

/** Attaches `count` stalled viewers. Returns a function that closes them. */
export async function stall(
  server: Server,
  { id }: Created,
  kind: "socket" | "sse",
  count: number,
): Promise<() => void> {
  const all: { end(): void }[] = []
  for (let i = 0; i < count; i++)
    all.push(await (kind === "socket" ? deafSocket(server.port, id) : deafStream(server.port, id)))
  return () => {
    for (const one of all) one.end()
  }
}

async function deafSocket(port: number, id: string): Promise<{ end(): void }> {
  const client = await attach(port, id, "mode=view&snapshot=never", {})
  client.pause()
  return client
}

function deafStream(port: number, id: string): Promise<{ end(): void }> {
  const { promise, resolve, reject } = Promise.withResolvers<{ end(): void }>()
  void Bun.connect({
    hostname: "127.0.0.1",
    port,
    socket: {
      open: socket =>
        void socket.write(`GET /v1/sessions/${id}/stream HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`),
      data(socket) {
        socket.pause()
        resolve({ end: () => socket.end() })
      },
      error: (_, error) => reject(error),
    },
  }).catch(reject)
  return promise
}
