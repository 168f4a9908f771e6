// Connection over mrmd's WebSocket (contract mrmd-pty, 2.1). Its text frames have no offsets, so every
// connection draws the replay again.

import type { ClientFrame } from "../../src/wire/attach.ts"
import { Backoff } from "../../src/wire/backoff.ts"
import type { LineStatus, Wait } from "../connection/closing.ts"
import type { ConnectionEvents } from "../connection/connection.ts"
import { foundIn } from "../connection/probe.ts"

/** `query` is the query of the socket's address: session_id and the options of the shell. */
export type MrmdTarget = { base: string; query: Record<string, string> }

const POLICY = [1008, 1009]
const utf8 = new TextEncoder()
const text = new TextDecoder()

export class MrmdConnection {
  readonly #target: MrmdTarget
  readonly #events: ConnectionEvents
  readonly #backoff = new Backoff()
  #socket: WebSocket | null = null
  #timer: ReturnType<typeof setTimeout> | undefined
  #offset = 0
  status: LineStatus = { kind: "connecting" }

  constructor(place: MrmdTarget, events: ConnectionEvents) {
    this.#target = place
    this.#events = events
  }

  open(): void {
    if (this.#socket) return
    clearTimeout(this.#timer)
    const url = new URL(`api/pty?${new URLSearchParams(this.#target.query)}`, this.#target.base)
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:"
    const socket = new WebSocket(url)
    this.#socket = socket
    socket.onopen = () => socket === this.#socket && this.#opened()
    socket.onmessage = ({ data }) => socket === this.#socket && this.#received(String(data))
    socket.onclose = ({ code, reason }) => socket === this.#socket && void this.#closed(code, reason)
  }

  close(): void {
    clearTimeout(this.#timer)
    const socket = this.#socket
    this.#socket = null
    socket?.close()
    if (this.status.kind === "connected") this.#become({ kind: "connecting" })
  }

  send(data: Uint8Array<ArrayBuffer>): boolean {
    if (this.status.kind !== "connected") return false
    this.#socket?.send(JSON.stringify({ type: "input", data: text.decode(data) }))
    return true
  }

  /** Sends a resize, the only control frame that mrmd has. The server does not confirm it. */
  control(frame: ClientFrame): void {
    if (frame.type !== "resize" || this.status.kind !== "connected") return
    this.#socket?.send(JSON.stringify(frame))
    this.#events.frame(frame)
  }

  /** Reports a connection that may answer queries: mrmd's server does not choose a viewer for that. */
  #opened(): void {
    this.#backoff.reset()
    this.#offset = 0
    const { session_id: id = "" } = this.#target.query
    this.#become({ kind: "connected" })
    const start = { id, from: 0, base: 0, end: 0, cols: 80, rows: 24 }
    this.#events.hello({ type: "hello", ...start, mode: "control", client: "", lease: null }, true)
    this.#events.frame({ type: "viewers", count: 1, answers: true })
  }

  #received(data: string): void {
    const bytes = utf8.encode(data)
    const from = this.#offset
    this.#offset += bytes.length
    this.#events.bytes(bytes, from)
  }

  async #closed(code: number, reason: string): Promise<void> {
    this.#socket = null
    if (POLICY.includes(code))
      return this.#become({ kind: "refused", message: reason || `closed with ${code}` })
    const connected = this.status.kind === "connected"
    const found = connected ? "fine" : foundIn(await this.#probe())
    if (this.#socket) return
    if (found === "signed-out" || found === "gone") return this.#become({ kind: found })
    this.#wait(found === "unreachable" ? "unreachable" : "lost")
  }

  #probe(): Promise<number> {
    return fetch(`${this.#target.base}api/terminals`).then(
      ({ status }) => status,
      () => 0,
    )
  }

  #wait(reason: Wait): void {
    const ms = this.#backoff.next()
    this.#timer = setTimeout(() => this.open(), ms)
    this.#become({ kind: "waiting", until: Date.now() + ms, reason })
  }

  #become(status: LineStatus): void {
    this.status = status
    this.#events.status(status)
  }
}
