// One viewer's connection to one session in a browser. It reconnects and resumes after a loss.

import type { ClientFrame } from "../../src/wire/attach.ts"
import { AttachClient, type AttachEvent, closingOf, inputFrames } from "../../src/wire/attach-client.ts"
import { Heartbeat } from "./heartbeat.ts"
import { type AttachSocket, nativeSocket, type Route } from "./route.ts"
import type { ConnectionStatus, Wait } from "./status.ts"

export type ConnectionEvents = {
  status(status: ConnectionStatus): void
  /** After a `first` hello the screen starts empty; after any other it continues where it was. */
  received(event: AttachEvent): void
  /** The connection broke after input was sent and before the server answered. */
  doubtfulInput(): void
}

const CONNECT_MS = 8_000
/** Acknowledgements wait this long for more, in ms: about one animation frame. */
const ACK_MS = 16
const NEVER = Number.POSITIVE_INFINITY

export class SessionConnection {
  readonly #route: Route
  readonly #events: ConnectionEvents
  readonly #client = new AttachClient()
  readonly #heartbeat: Heartbeat
  #socket: AttachSocket | null = null
  #timer: ReturnType<typeof setTimeout> | undefined
  #ackTimer: ReturnType<typeof setTimeout> | undefined
  /** Counts attempts, so that an address that arrives late is ignored. */
  #attempt = 0
  #status: ConnectionStatus = { kind: "connecting" }
  /** When the last input was sent that the server has not answered yet. */
  #inputAt = NEVER

  constructor(route: Route, events: ConnectionEvents) {
    this.#route = route
    this.#events = events
    this.#heartbeat = new Heartbeat({
      ping: () => this.control({ type: "ping", t: Math.floor(performance.now()) }),
      dead: () => this.#lost("lost"),
    })
  }

  get status(): ConnectionStatus {
    return this.#status
  }

  /** True while what arrives is history: bytes, and sizes and titles at their places among them. */
  get replaying(): boolean {
    return this.#client.replaying
  }

  /** Connects now. Pings the server instead if the connection seems to be open. */
  open(): void {
    if (this.#status.kind === "connected") return this.#heartbeat.probe()
    if (this.#status.kind === "ended" || this.#socket) return
    clearTimeout(this.#timer)
    this.#connect()
  }

  /** Closes the connection and keeps the offset; `open` resumes there. */
  close(): void {
    this.#drop()
    if (this.#status.kind === "connected") this.#become({ kind: "connecting" })
  }

  /** Sends input. Returns false, and sends nothing, without a connection. */
  send(data: Uint8Array<ArrayBuffer>): boolean {
    if (this.#status.kind !== "connected" || !this.#socket) return false
    for (const piece of inputFrames(data)) this.#socket.send(piece)
    this.#inputAt = performance.now()
    return true
  }

  /** Sends a control frame if connected. */
  control(frame: ClientFrame): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(frame))
  }

  /** Acknowledges all before `offset`, soon. By a timer: hidden tabs get no animation frames. */
  parsed(offset: number): void {
    if (this.#client.parsedTo(offset)) this.#acknowledge()
    else this.#ackTimer ??= setTimeout(() => this.#acknowledge(), ACK_MS)
  }

  #acknowledge(): void {
    clearTimeout(this.#ackTimer)
    this.#ackTimer = undefined
    const ack = this.#client.acknowledge()
    if (ack) this.control(ack)
  }

  #connect(): void {
    if (this.#status.kind !== "connecting") this.#become({ kind: "connecting" })
    this.#timer = setTimeout(() => this.#lost("unreachable"), CONNECT_MS)
    const attempt = ++this.#attempt
    if (this.#route.connect) this.#client.restart()
    const address = this.#route.address(this.#client.connecting())
    if (typeof address === "string") return this.#attach(address)
    address.then(
      url => void (attempt === this.#attempt && this.#attach(url)),
      () => void (attempt === this.#attempt && this.#investigate()),
    )
  }

  #attach(url: string): void {
    const connect = this.#route.connect ?? nativeSocket
    const socket = connect(url, {
      message: data => void (socket === this.#socket && this.#received(data)),
      closed: (code, reason) => void (socket === this.#socket && this.#closed(code, reason)),
    })
    this.#socket = socket
  }

  #received(data: ArrayBuffer | string): void {
    this.#heartbeat.alive()
    const event = this.#client.received(data)
    if (event.type === "hello") {
      if (event.otherLog) return this.#startOver()
      clearTimeout(this.#timer)
      this.#become({ kind: "connected" })
    }
    if (event.type === "exit") {
      const { code, signal, tail_open: tailOpen } = event
      this.#become({ kind: "ended", exit: { code, signal }, tailOpen })
    }
    // frames keep their order: input sent before an answered ping has arrived
    const isAnswer = event.type === "output" || (event.type === "pong" && event.t >= this.#inputAt)
    if (isAnswer) this.#inputAt = NEVER
    this.#events.received(event)
  }

  /** The screen shows another log: reads this one from its beginning. */
  #startOver(): void {
    this.#client.restart()
    this.#drop()
    this.#connect()
  }

  #closed(code: number, reason: string): void {
    if (this.#status.kind === "ended") return this.#drop()
    const closing = closingOf(code)
    if (closing === "refused")
      return this.#finish({
        kind: closing,
        message: reason || `the server closed the connection with code ${code}`,
      })
    if (closing === "gone" || closing === "signed-out") return this.#finish({ kind: closing })
    if (closing !== "lost" || this.#status.kind === "connected") return this.#lost(closing)
    void this.#investigate()
  }

  async #investigate(): Promise<void> {
    this.#drop()
    const attempt = this.#attempt
    const found = await this.#route.probe()
    if (attempt !== this.#attempt) return
    if (found === "gone" || found === "signed-out") return this.#finish({ kind: found })
    this.#lost(found === "unreachable" ? "unreachable" : "lost")
  }

  #lost(reason: Wait): void {
    this.#drop()
    if (this.#inputAt !== NEVER) this.#events.doubtfulInput()
    this.#inputAt = NEVER
    const wait = this.#client.lost() ?? 0
    this.#timer = setTimeout(() => this.#connect(), wait)
    this.#become({ kind: "waiting", until: Date.now() + wait, reason })
  }

  #finish(status: ConnectionStatus): void {
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

  #become(status: ConnectionStatus): void {
    this.#status = status
    this.#events.status(status)
  }
}
