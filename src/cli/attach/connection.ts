// A WebSocket attached to one session on behalf of a command. It reconnects and resumes after a loss.

import { PtylineError } from "../../core/lib/errors.ts"
import type { ExitStatus } from "../../core/session/backend.ts"
import { type ClientFrame, CloseCode, type Mode } from "../../wire/attach.ts"
import {
  AttachClient,
  type AttachEvent,
  closingOf,
  inputFrames,
  type OutputEvent,
} from "../../wire/attach-client.ts"
import { Backoff } from "../../wire/backoff.ts"
import type { ServerConnection } from "../connect/connection.ts"

/** Each callback is awaited before the next one is called. */
type AttachCallbacks = {
  bytes(data: Uint8Array): void | Promise<void>
  frame(frame: Exclude<AttachEvent, OutputEvent>): void | Promise<void>
}

type AttachConnectionOptions = {
  mode: Mode
  snapshot: "auto" | "never" | "always"
  /** Offset of the first byte wanted. */
  from?: number
  /** The size of the caller's window, requested at the start of every connection. */
  window?: () => { cols: number; rows: number } | null
}

const FIRST_PAUSE_MS = 50
const LONGEST_PAUSE_MS = 1_000
const PATIENCE_MS = 30_000

type Closed = { code: number; reason: string }

export class AttachConnection {
  readonly #connection: ServerConnection
  readonly #id: string
  readonly #options: AttachConnectionOptions
  readonly #callbacks: AttachCallbacks
  readonly #client: AttachClient
  #socket: WebSocket | null = null
  #work: Promise<void> = Promise.resolve()
  #left = false
  #failed: unknown = null

  constructor(
    connection: ServerConnection,
    id: string,
    options: AttachConnectionOptions,
    callbacks: AttachCallbacks,
  ) {
    this.#connection = connection
    this.#id = id
    this.#options = options
    this.#callbacks = callbacks
    const backoff = new Backoff(FIRST_PAUSE_MS, LONGEST_PAUSE_MS)
    this.#client = new AttachClient({ from: options.from, backoff, patienceMs: PATIENCE_MS })
  }

  /** Every byte before this offset has been handled; 0 before the first connection. */
  get offset(): number {
    return this.#client.parsed
  }

  /**
   * Follows the session until it ends or `leave` is called. Resolves with its exit; null after `leave`.
   * Rejects with `not_found`, `unauthorized`, `denied` or `limit_reached`, with `unavailable` when the server
   * stays unreachable, and with any error that a callback throws.
   */
  async follow(): Promise<ExitStatus | null> {
    for (;;) {
      const closed = await this.#connect()
      await this.#work
      if (this.#failed) throw this.#failed
      if (this.#client.exit || this.#left) return this.#client.exit
      throwIfFinal(closed, this.#id)
      const pause = this.#client.lost()
      if (pause === null) throw unavailable(this.#connection, closed)
      await new Promise(resolve => setTimeout(resolve, pause))
    }
  }

  /** Sends input, once the socket is open. Input is lost while there is no connection. */
  send(data: Uint8Array): void {
    const socket = this.#socket
    if (socket?.readyState === WebSocket.CONNECTING)
      return socket.addEventListener("open", () => this.send(data), { once: true })
    for (const piece of inputFrames(data as Uint8Array<ArrayBuffer>)) socket?.send(piece)
  }

  /** Sends a control frame if connected. */
  control(frame: ClientFrame): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(frame))
  }

  /** Reconnects to get the whole screen again. */
  redraw(): void {
    this.#client.restart()
    this.#socket?.close(CloseCode.ended)
  }

  /** Closes the connection; the session continues. */
  leave(): void {
    this.#left = true
    this.#socket?.close(CloseCode.ended)
  }

  #connect(): Promise<Closed> {
    const socket = this.#connection.socket(this.#path())
    this.#socket = socket
    socket.onmessage = ({ data }) => {
      this.#work = this.#work
        .then(() => this.#received(socket, data as ArrayBuffer | string))
        .catch(error => this.#fail(error))
    }
    return new Promise(resolve => {
      socket.onclose = ({ code, reason }) => resolve({ code, reason })
      socket.onerror = () => {}
    })
  }

  #path(): string {
    const { mode, snapshot, window } = this.#options
    const query = new URLSearchParams({ mode, snapshot })
    const from = this.#client.connecting()
    if (from !== null) query.set("from", `${from}`)
    const size = mode === "control" ? window?.() : undefined
    if (size) query.set("cols", `${size.cols}`)
    if (size) query.set("rows", `${size.rows}`)
    return `v1/sessions/${encodeURIComponent(this.#id)}/attach?${query}`
  }

  #fail(error: unknown): void {
    this.#failed ??= error
    this.leave()
  }

  async #received(socket: WebSocket, data: ArrayBuffer | string): Promise<void> {
    if (socket !== this.#socket || this.#failed) return
    const event = this.#client.received(data)
    if (event.type === "output") await this.#callbacks.bytes(event.bytes)
    else await this.#callbacks.frame(event)
    const ack = this.#client.parsedTo() ? this.#client.acknowledge() : null
    if (ack) this.control(ack)
  }
}

/** Throws when the close code says that reconnecting is pointless. */
function throwIfFinal({ code, reason }: Closed, id: string): void {
  const closing = closingOf(code)
  if (closing === "gone") throw new PtylineError("not_found", reason || `no session ${JSON.stringify(id)}`)
  if (closing === "signed-out") throw new PtylineError("unauthorized", reason || "token required")
  if (closing === "busy") throw new PtylineError("limit_reached", reason)
  if (closing === "refused")
    throw new PtylineError("denied", reason || `the server closed the connection with code ${code}`)
}

const unavailable = ({ name }: ServerConnection, { code, reason }: Closed): PtylineError =>
  new PtylineError("unavailable", `lost the connection to ${name}: ${reason || `closed with code ${code}`}`, {
    tried: [name],
  })
