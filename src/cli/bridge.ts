// Between stdio and a running server: what the caller writes goes there, what the server answers comes back, byte for byte.

import { existsSync } from "node:fs"
import { PtylineError } from "../core/errors.ts"
import { delay } from "../core/wake.ts"
import { BYE, helloOf } from "../mcp/connection.ts"
import { socketPath, stateDirectory } from "../store/state.ts"
import { ownServer } from "./connection.ts"
import type { Env } from "./target.ts"

/** Where a server's bridge is. `near`: on this machine, with this user's files. */
export type Bridge = { url: string; token: string | null; near: boolean }

/** How long the server may take to end the caller's sessions, in ms. */
const PARTING_MS = 2500

/** The server of the state directory; null when none runs. */
export async function localServer(env: Env): Promise<Bridge | null> {
  const path = socketPath(stateDirectory(env))
  if (!existsSync(path) || !(await ownServer(env))) return null
  return { url: `ws+unix://${path}:/mcp/bridge`, token: null, near: true }
}

/** Carries bytes until stdin ends, a signal comes, or the server is gone. Resolves with the exit code. */
export async function bridge({ url, token, near }: Bridge, env: Env, stop: AbortSignal): Promise<number> {
  const headers: Record<string, string> = token === null ? {} : { authorization: `Bearer ${token}` }
  const socket = new WebSocket(url, { headers } as unknown as string[])
  socket.binaryType = "arraybuffer"
  await opened(socket)
  const closed = new Promise<void>(resolve => socket.addEventListener("close", () => resolve()))
  socket.addEventListener("message", ({ data }) => {
    if (typeof data !== "string") process.stdout.write(new Uint8Array(data as ArrayBuffer))
  })
  socket.send(JSON.stringify(helloOf(env, near)))
  const finished = await Promise.race([pour(socket, stop).then(() => true), closed.then(() => false)])
  if (!finished) throw new PtylineError("unavailable", "the server has gone; start again")
  if (socket.readyState === WebSocket.OPEN) socket.send(BYE)
  await Promise.race([closed, delay(PARTING_MS)])
  return 0
}

async function opened(socket: WebSocket): Promise<void> {
  const refused = () => new PtylineError("unavailable", "the server refused: wrong address, or wrong token")
  await new Promise<void>((resolve, reject) => {
    socket.addEventListener("open", () => resolve(), { once: true })
    socket.addEventListener("error", () => reject(refused()), { once: true })
    socket.addEventListener("close", () => reject(refused()), { once: true })
  })
}

/** Until stdin ends. */
async function pour(socket: WebSocket, stop: AbortSignal): Promise<void> {
  stop.addEventListener("abort", () => process.stdin.destroy())
  try {
    for await (const bytes of process.stdin) socket.send(bytes as Uint8Array<ArrayBuffer>)
  } catch {
    // destroyed by a signal
  }
}
