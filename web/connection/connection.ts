// One viewer's connection to one session: it survives every loss by asking for the bytes from where it stopped.

import { type ClientFrame, type ServerFrame, SUBPROTOCOL } from "../../src/wire/attach.ts"
import { Backoff } from "../../src/wire/backoff.ts"
import { type LineStatus, meaningOf, type Wait } from "./closing.ts"
import { Heartbeat } from "./heartbeat.ts"
import type { Route } from "./route.ts"

type Hello = Extract<ServerFrame, { type: "hello" }>
type Gap = Extract<ServerFrame, { type: "gap" }>
type Snapshot = Extract<ServerFrame, { type: "snapshot" }>
type Other = Extract<ServerFrame, { type: "resize" | "title" | "relaunch" | "viewers" | "lease" | "error" }>

/** What a line tells. After a `first` hello the screen starts empty; after any other it goes on where it was. */
export type ConnectionEvents = {
  status(status: LineStatus): void
  hello(hello: Hello, first: boolean): void
  bytes(data: Uint8Array, from: number): void
  gap(gap: Gap): void
  snapshot(snapshot: Snapshot): void
  frame(frame: Other): void
  /** The connection broke after input was sent and before anything came back. */
  doubtfulInput(): void
}

const CONNECT_MS = 8_000
/** Input goes out in pieces of this many bytes: a large paste would be a larger frame than the server takes. */
const PIECE = 64 << 10

export class Connection {
  readonly #way: Route
  readonly #events: ConnectionEvents
  readonly #backoff = new Backoff()
  readonly #heartbeat: Heartbeat
  #socket: WebSocket | null = null
  #timer: ReturnType<typeof setTimeout> | undefined
  /** Counts attempts, so that an address that comes late is not used. */
  #attempt = 0
  #offset: number | null = null
  #replayEnd = 0
  #status: LineStatus = { kind: "connecting" }
  /** When input was last sent that nothing has been heard after. */
  #inputAt: number | null = null

  constructor(way: Route, events: ConnectionEvents) {
    this.#way = way
    this.#events = events
    this.#heartbeat = new Heartbeat({
      ping: () => this.control({ type: "ping", t: Math.floor(performance.now()) }),
      dead: () => this.#lost("lost"),
    })
  }

  get status(): LineStatus {
    return this.#status
  }

  /** True while what arrives is history: bytes, and sizes and titles at their places among them. */
  get replaying(): boolean {
    return (this.#offset ?? 0) < this.#replayEnd
  }

  /** Connects now; a connection that seems to be open is asked for a sign of life instead. */
  open(): void {
    if (this.#status.kind === "connected") return this.#heartbeat.probe()
    if (this.#status.kind === "ended" || this.#socket) return
    clearTimeout(this.#timer)
    this.#connect()
  }

  /** Drops the connection and remembers where it was; `open` goes on from there. */
  close(): void {
    this.#drop()
    if (this.#status.kind === "connected") this.#become({ kind: "connecting" })
  }

  /** Sends input. False when there is nobody to send it to, and then nothing was sent. */
  send(data: Uint8Array<ArrayBuffer>): boolean {
    if (this.#status.kind !== "connected" || !this.#socket) return false
    for (let at = 0; at < data.length; at += PIECE) this.#socket.send(data.subarray(at, at + PIECE))
    this.#inputAt = performance.now()
    return true
  }

  /** Sends a control frame if connected. */
  control(frame: ClientFrame): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(frame))
  }

  #connect(): void {
    if (this.#status.kind !== "connecting") this.#become({ kind: "connecting" })
    this.#timer = setTimeout(() => this.#lost("unreachable"), CONNECT_MS)
    const attempt = ++this.#attempt
    const address = this.#way.address(this.#offset)
    if (typeof address === "string") return this.#attach(address)
    address.then(
      url => void (attempt === this.#attempt && this.#attach(url)),
      () => void (attempt === this.#attempt && this.#investigate()),
    )
  }

  #attach(url: string): void {
    const socket = new WebSocket(url, SUBPROTOCOL)
    this.#socket = socket
    socket.binaryType = "arraybuffer"
    socket.onmessage = event => socket === this.#socket && this.#received(event.data)
    socket.onclose = event => socket === this.#socket && this.#closed(event.code, event.reason)
  }

  #received(data: ArrayBuffer | string): void {
    this.#heartbeat.alive()
    if (typeof data === "string") return this.#control(JSON.parse(data) as ServerFrame)
    this.#inputAt = null
    const from = this.#offset ?? 0
    this.#offset = from + data.byteLength
    this.#events.bytes(new Uint8Array(data), from)
  }

  #control(frame: ServerFrame): void {
    if (frame.type === "hello") return this.#greeted(frame)
    if (frame.type === "pong") return this.#ponged(frame.t)
    if (frame.type === "exit") return this.#exited(frame)
    if (frame.type === "gap") return this.#goOnAt(frame.to, () => this.#events.gap(frame))
    if (frame.type === "snapshot") return this.#goOnAt(frame.offset, () => this.#events.snapshot(frame))
    this.#events.frame(frame)
  }

  #goOnAt(offset: number, tell: () => void): void {
    this.#offset = offset
    tell()
  }

  /** Frames keep their order: whatever was sent before an answered ping has arrived. */
  #ponged(sentAt: number): void {
    if (this.#inputAt !== null && this.#inputAt <= sentAt) this.#inputAt = null
  }

  /** A log that ends before what has been seen is not the log that was drawn: it is read from its beginning. */
  #greeted(hello: Hello): void {
    clearTimeout(this.#timer)
    const before = this.#offset
    if (before !== null && hello.end < before) return this.#startOver()
    this.#offset = hello.from
    this.#replayEnd = hello.end
    this.#backoff.reset()
    this.#become({ kind: "connected" })
    this.#events.hello(hello, before === null)
  }

  #startOver(): void {
    this.#offset = null
    this.#drop()
    this.#connect()
  }

  #exited(frame: Extract<ServerFrame, { type: "exit" }>): void {
    const exit = { code: frame.code, signal: frame.signal }
    this.#become({ kind: "ended", exit, tailOpen: frame.tail_open })
  }

  #closed(code: number, reason: string): void {
    if (this.#status.kind === "ended") return this.#drop()
    const meaning = meaningOf(code, reason)
    if (typeof meaning === "object") return this.#finish(meaning)
    if (meaning !== "lost" || this.#status.kind === "connected") return this.#lost(meaning)
    void this.#investigate()
  }

  async #investigate(): Promise<void> {
    this.#drop()
    const attempt = this.#attempt
    const found = await this.#way.probe()
    if (attempt !== this.#attempt) return
    if (found === "gone" || found === "signed-out") return this.#finish({ kind: found })
    this.#lost(found === "unreachable" ? "unreachable" : "lost")
  }

  #lost(reason: Wait): void {
    this.#drop()
    if (this.#inputAt !== null) this.#events.doubtfulInput()
    this.#inputAt = null
    const wait = this.#backoff.next()
    this.#timer = setTimeout(() => this.#connect(), wait)
    this.#become({ kind: "waiting", until: Date.now() + wait, reason })
  }

  #finish(status: LineStatus): void {
    this.#drop()
    this.#become(status)
  }

  #drop(): void {
    clearTimeout(this.#timer)
    this.#attempt++
    this.#heartbeat.stop()
    const socket = this.#socket
    this.#socket = null
    socket?.close()
  }

  #become(status: LineStatus): void {
    this.#status = status
    this.#events.status(status)
  }
}
