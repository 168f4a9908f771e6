// Bridge between stdio and a server: passes the bytes of the MCP protocol in both directions, unchanged.

import { existsSync } from "node:fs"
import { getLogger } from "@logtape/logtape"
import { dialWebSocket } from "#runtime/dial.ts"
import { PtylineError } from "../../core/lib/errors.ts"
import { delay } from "../../core/lib/wake.ts"
import { BYE, helloOf, NOTE, READY } from "../../mcp/protocol/connection.ts"
import { serverSocket, stateDirectory } from "../../store/state/directory.ts"
import { ownServer } from "../connect/connection.ts"
import type { Variables } from "../lib/flags.ts"

/** The bridge socket of a server. `near`: it runs on this machine, with this user's files. */
export type BridgeTarget = { url: string; unix?: string; token: string | null; near: boolean }

/** How long the server may take to end the caller's sessions, in ms. */
const PARTING_MS = 2500

/** Returns the server of the state directory; null when none runs. */
export async function localServer(env: Variables): Promise<BridgeTarget | null> {
  const path = serverSocket(stateDirectory(env))
  if (!existsSync(path) || !(await ownServer(env))) return null
  return { url: "ws://localhost/mcp/bridge", unix: path, token: null, near: true }
}

export class Bridge {
  #socket: WebSocket
  #closed: Promise<void>

  /** Connects. Rejects with `unavailable` when the server rejects the caller or has just stopped. */
  static async open({ url, unix, token, near }: BridgeTarget, env: Variables): Promise<Bridge> {
    const headers: Record<string, string> = token === null ? {} : { authorization: `Bearer ${token}` }
    const bridge = new Bridge(dialWebSocket(url, { headers, unix }))
    await bridge.#begin(JSON.stringify(helloOf(env, near)))
    return bridge
  }

  private constructor(socket: WebSocket) {
    socket.binaryType = "arraybuffer"
    this.#socket = socket
    this.#closed = new Promise(resolve => socket.addEventListener("close", () => resolve()))
  }

  /**
   * Passes bytes until stdin ends, `stop` aborts, or the server stops. Resolves with the exit code.
   * Rejects with `unavailable` when the server stopped first.
   */
  async carry(stop: AbortSignal): Promise<number> {
    const finished = await Promise.race([this.#pour(stop).then(() => true), this.#closed.then(() => false)])
    if (!finished) throw new PtylineError("unavailable", "the server stopped; start ptyline mcp again")
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(BYE)
    await Promise.race([this.#closed, delay(PARTING_MS)])
    return 0
  }

  async #begin(hello: string): Promise<void> {
    const socket = this.#socket
    const refused = new PtylineError(
      "unavailable",
      "the server closed the connection; check the address and the token",
    )
    const ready = new Promise<void>((resolve, reject) => {
      socket.addEventListener("open", () => socket.send(hello), { once: true })
      socket.addEventListener("message", ({ data }) => receive(data, resolve))
      for (const event of ["error", "close"] as const)
        socket.addEventListener(event, () => reject(refused), { once: true })
    })
    await ready
  }

  /** Sends stdin. Resolves at its end. */
  async #pour(stop: AbortSignal): Promise<void> {
    stop.addEventListener("abort", () => process.stdin.destroy())
    try {
      for await (const bytes of process.stdin) this.#socket.send(bytes as Uint8Array<ArrayBuffer>)
    } catch {
      // stdin was destroyed by `stop`
    }
  }
}

function receive(data: unknown, ready: () => void): void {
  if (data === READY) ready()
  else if (typeof data !== "string") process.stdout.write(new Uint8Array(data as ArrayBuffer))
  else if (data.startsWith(NOTE)) getLogger("ptyline").error("{note}", { note: data.slice(NOTE.length) })
}
