// One viewer's connection to one session, which survives a loss by asking for the bytes from where it stopped.

import { PtylineError } from "../../core/lib/errors.ts"
import type { ExitStatus } from "../../core/session/backend.ts"
import { type ClientFrame, CloseCode, type Mode, type ServerFrame } from "../../wire/attach.ts"
import type { Connection } from "../connect/connection.ts"

/** What happens on the line. Bytes and frames come one at a time, each when the one before has been dealt with. */
export type AttachEvents = {
  bytes(data: Uint8Array, replayed: boolean): void | Promise<void>
  frame(frame: ServerFrame): void | Promise<void>
}

export type LineOptions = {
  mode: Mode
  snapshot: "auto" | "never" | "always"
  from?: number
  /** One's own window, asked for at every start of a connection. */
  window?: () => { cols: number; rows: number } | null
}

/** Bytes taken between two acknowledgements: with them the server never sends more than its window ahead. */
const ACK_BYTES = 64 << 10
/** Input goes out in pieces of this many bytes: a large paste would be a larger frame than the server takes. */
const PIECE = 64 << 10
/** How long a lost line is tried again, and the pauses between, in ms. */
const PATIENCE_MS = 30_000
const PAUSES_MS = [50, 200, 500, 1000]

type Closed = { code: number; reason: string }

export class AttachConnection {
  readonly #connection: Connection
  readonly #id: string
  readonly #options: LineOptions
  readonly #events: AttachEvents
  #socket: WebSocket | null = null
  #work: Promise<void> = Promise.resolve()
  #offset: number | null
  #acked = 0
  #replayEnd = 0
  #exit: ExitStatus | null = null
  #left = false
  #failed: unknown = null

  constructor(connection: Connection, id: string, options: LineOptions, events: AttachEvents) {
    this.#connection = connection
    this.#id = id
    this.#options = options
    this.#events = events
    this.#offset = options.from ?? null
  }

  /** Where the next byte will be; null before the first greeting. */
  get offset(): number | null {
    return this.#offset
  }

  /**
   * Follows the session to its end, or until `leave`. Resolves with its exit, null when left. Rejects with `not_found`, `denied`, `limit_reached`,
   * with `unavailable` when the server stays away, and with what the events threw.
   */
  async follow(): Promise<ExitStatus | null> {
    let pauses = 0
    for (let since = Date.now(); ; ) {
      const before = this.#offset
      const closed = await this.#connect()
      await this.#work
      if (this.#failed) throw this.#failed
      if (this.#exit || this.#left) return this.#exit
      if (this.#offset !== before) {
        since = Date.now()
        pauses = 0
      }
      refuse(closed, this.#id)
      if (Date.now() - since > PATIENCE_MS) throw gone(this.#connection, closed)
      await new Promise(resolve => setTimeout(resolve, PAUSES_MS[Math.min(pauses++, PAUSES_MS.length - 1)]))
    }
  }

  send(data: Uint8Array): void {
    for (let at = 0; at < data.length; at += PIECE)
      this.#socket?.send(data.slice(at, at + PIECE) as Uint8Array<ArrayBuffer>)
  }

  control(frame: ClientFrame): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(frame))
  }

  /** Has the screen drawn anew, by a new connection that begins with it. */
  redraw(): void {
    this.#offset = null
    this.#socket?.close(CloseCode.ended)
  }

  /** Ends the line; the session goes on. */
  leave(): void {
    this.#left = true
    this.#socket?.close(CloseCode.ended)
  }

  #connect(): Promise<Closed> {
    const socket = this.#connection.socket(this.#path())
    this.#socket = socket
    socket.onmessage = ({ data }) => {
      this.#work = this.#work
        .then(() => this.#heard(socket, data as ArrayBuffer | string))
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
    if (this.#offset !== null) query.set("from", `${this.#offset}`)
    const size = mode === "control" ? window?.() : undefined
    if (size) query.set("cols", `${size.cols}`)
    if (size) query.set("rows", `${size.rows}`)
    return `v1/sessions/${encodeURIComponent(this.#id)}/attach?${query}`
  }

  #fail(error: unknown): void {
    this.#failed ??= error
    this.leave()
  }

  async #heard(socket: WebSocket, data: ArrayBuffer | string): Promise<void> {
    if (socket !== this.#socket || this.#failed) return
    if (typeof data === "string") return this.#frame(JSON.parse(data) as ServerFrame)
    const bytes = new Uint8Array(data)
    const from = this.#offset ?? 0
    await this.#events.bytes(bytes, from < this.#replayEnd)
    this.#offset = from + bytes.length
    if (this.#offset - this.#acked < ACK_BYTES) return
    this.#acked = this.#offset
    this.control({ type: "ack", offset: this.#offset })
  }

  async #frame(frame: ServerFrame): Promise<void> {
    if (frame.type === "hello") {
      this.#offset = frame.from
      this.#acked = frame.from
      this.#replayEnd = frame.end
    }
    if (frame.type === "gap") this.#offset = frame.to
    if (frame.type === "snapshot") this.#offset = frame.offset
    if (frame.type === "exit") this.#exit = { code: frame.code, signal: frame.signal }
    await this.#events.frame(frame)
  }
}

/** Close codes after which there is nothing to come back for. */
function refuse({ code, reason }: Closed, id: string): void {
  if (code === CloseCode.notFound)
    throw new PtylineError("not_found", reason || `no session ${JSON.stringify(id)}`)
  if (code === CloseCode.unauthorized) throw new PtylineError("unauthorized", reason || "a token is needed")
  if (code === CloseCode.limit) throw new PtylineError("limit_reached", reason)
  if (code === CloseCode.policy || code === CloseCode.tooBig || code === CloseCode.takenOver)
    throw new PtylineError("denied", reason || `the server closed the line with code ${code}`)
}

const gone = ({ name }: Connection, { code, reason }: Closed): PtylineError =>
  new PtylineError("unavailable", `the line to ${name} is lost: ${reason || `closed with ${code}`}`, {
    tried: [name],
  })
