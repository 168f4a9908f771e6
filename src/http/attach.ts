// The terminal socket (contract native, WebSocket): one loop from the log to the socket, one handler from the socket to the child.

import { SIGNALS, type Signal } from "../core/backend.ts"
import { PtylineError } from "../core/errors.ts"
import type { FollowEvent } from "../core/follow.ts"
import type { Attachment, Session } from "../core/session.ts"
import { Wake } from "../core/wake.ts"
import {
  type ClientFrame,
  CloseCode,
  MAX_FRAME,
  type Mode,
  parseClientFrame,
  type ServerFrame,
  WINDOW_WITH_ACKS,
  WINDOW_WITHOUT_ACKS,
} from "../wire/attach.ts"
import { presentable } from "./errors.ts"
import type { Socket, SocketHandler } from "./peer.ts"
import { QueryBlanker } from "./replay.ts"

/** A client that sends this many malformed frames is closed. */
const MAX_MALFORMED = 16

export type AttachOptions = {
  session: Session
  mode: Mode
  from: number | undefined
  maxViewers: number
  onError(error: unknown): void
}

export class AttachHandler implements SocketHandler {
  #session: Session
  #options: AttachOptions
  #socket: Socket | null = null
  #attachment: Attachment | null = null
  #gone = new AbortController()
  #roomy = new Wake()
  #sent = 0
  #acked: number | null = null
  #replayEnd: number
  #blanker = new QueryBlanker()
  #malformed = 0

  constructor(options: AttachOptions) {
    this.#options = options
    this.#session = options.session
    this.#replayEnd = options.mode === "control" ? options.session.log.end : 0
  }

  open(socket: Socket): void {
    if (this.#session.viewers >= this.#options.maxViewers)
      return socket.close(CloseCode.limit, "too many viewers")
    this.#socket = socket
    this.#attachment = this.#session.attach(this.#options.mode === "control")
    this.#deliver().catch(error => {
      this.#options.onError(error)
      socket.close(1011, "internal error")
    })
    void this.#announceViewers()
  }

  message(data: string | Uint8Array): void {
    if (data.length > MAX_FRAME)
      return this.#socket?.close(CloseCode.tooBig, `a frame is at most ${MAX_FRAME} bytes`)
    try {
      if (typeof data === "string") this.#control(data)
      else this.#input(data)
    } catch (error) {
      this.#fail(error)
    }
  }

  drain(): void {
    this.#roomy.fire()
  }

  close(): void {
    this.#gone.abort()
    this.#attachment?.detach()
    this.#attachment = null
  }

  async #deliver(): Promise<void> {
    const { log, size, id } = this.#session
    const { from = log.base, mode } = this.#options
    const start = Math.min(from, log.end)
    this.#replayEnd = Math.min(this.#replayEnd, log.end)
    this.#sent = Math.max(start, log.base)
    this.#send({ type: "hello", id, from: start, base: log.base, end: log.end, ...size, mode })
    if (start < log.end) this.#send({ type: "resize", ...this.#session.marks.sizeAt(start) })
    if (this.#session.title) this.#send({ type: "title", title: this.#session.title })
    for await (const event of this.#session.follow(start, this.#gone.signal)) {
      if (event.type === "output") await this.#output(event.from, event.bytes)
      else this.#announce(event)
    }
    if (this.#gone.signal.aborted) return
    await this.#flushed()
    this.#socket?.close(CloseCode.ended, "the session has ended")
  }

  #output(from: number, bytes: Uint8Array): Promise<void> | undefined {
    const replayed = Math.min(bytes.length, this.#replayEnd - from)
    if (replayed > 0) {
      const end = from + replayed === this.#replayEnd
      this.#sendBytes(this.#blanker.pass(bytes.subarray(0, replayed), end))
      bytes = bytes.subarray(replayed)
    }
    this.#sendBytes(bytes)
    return this.#full() ? this.#room() : undefined
  }

  #sendBytes(bytes: Uint8Array): void {
    if (bytes.length === 0) return
    this.#socket?.send(bytes)
    this.#sent += bytes.length
  }

  #announce(event: Exclude<FollowEvent, { type: "output" }>): void {
    if (event.type === "gap") this.#skip(event.to)
    if (event.type !== "exit") return this.#send(event)
    const { code, signal } = event.exit
    this.#send({ type: "exit", code, signal, end: event.end, tail_open: event.tailOpen })
  }

  /** What was held of the replay belongs before the gap. */
  #skip(to: number): void {
    this.#sendBytes(this.#blanker.pass(new Uint8Array(0), true))
    this.#sent = to
  }

  /** Has the client as much unread as it may? */
  #full(): boolean {
    if (this.#acked !== null && this.#sent - this.#acked >= WINDOW_WITH_ACKS) return true
    return (this.#socket?.buffered() ?? 0) >= WINDOW_WITHOUT_ACKS - 65536
  }

  async #room(): Promise<void> {
    while (this.#full() && !this.#gone.signal.aborted) await this.#roomy.wait(this.#gone.signal)
  }

  async #flushed(): Promise<void> {
    while ((this.#socket?.buffered() ?? 0) > 0 && !this.#gone.signal.aborted)
      await this.#roomy.wait(this.#gone.signal)
  }

  async #announceViewers(): Promise<void> {
    let last = ""
    while (this.#attachment) {
      const frame: ServerFrame = {
        type: "viewers",
        count: this.#session.viewers,
        answers: this.#attachment.answers(),
      }
      const text = JSON.stringify(frame)
      if (text !== last) this.#socket?.send(text)
      last = text
      await this.#session.altered.wait(this.#gone.signal)
    }
  }

  #input(data: Uint8Array): void {
    this.#requireControl()
    // the socket's memory is its own: input that waits for the child needs a copy
    if (data.length > 0) this.#session.write(data.slice())
  }

  #control(text: string): void {
    const frame = parseClientFrame(text)
    if (!("malformed" in frame)) return this.#obey(frame)
    if (++this.#malformed > MAX_MALFORMED)
      return this.#socket?.close(CloseCode.policy, "too many malformed frames")
    throw new PtylineError("invalid_input", frame.malformed)
  }

  #obey(frame: ClientFrame): void {
    if (frame.type === "ping") return this.#send({ type: "pong", t: frame.t })
    if (frame.type === "ack") return this.#ack(frame.offset)
    this.#requireControl()
    if (frame.type === "resize") return this.#session.resize(checkedSize(frame))
    this.#session.signal(checkedSignal(frame.signal))
  }

  #ack(offset: number): void {
    if (!Number.isSafeInteger(offset) || offset > this.#sent || offset < 0)
      throw new PtylineError(
        "invalid_input",
        `ack of ${offset}, but only bytes up to ${this.#sent} were sent`,
      )
    this.#acked = Math.max(this.#acked ?? 0, offset)
    this.#roomy.fire()
  }

  #requireControl(): void {
    if (this.#options.mode !== "control") throw new PtylineError("denied", "this socket may only view")
  }

  #fail(error: unknown): void {
    const shown = presentable(error)
    if (shown.code === "internal") this.#options.onError(error)
    this.#send({ type: "error", code: shown.code, message: shown.message })
  }

  #send(frame: ServerFrame): void {
    this.#socket?.send(JSON.stringify(frame))
  }
}

function checkedSize({ cols, rows }: { cols: number; rows: number }): { cols: number; rows: number } {
  const fits = (n: number) => Number.isInteger(n) && n >= 1 && n <= 1000
  if (!fits(cols) || !fits(rows))
    throw new PtylineError("invalid_input", `a size is 1 to 1000 each way, got ${cols}x${rows}`)
  return { cols, rows }
}

function checkedSignal(name: string): Signal {
  const plain = name.toUpperCase().replace(/^SIG/, "")
  const signal = SIGNALS.find(known => known === plain)
  if (!signal) throw new PtylineError("invalid_input", `unknown signal ${JSON.stringify(name.slice(0, 40))}`)
  return signal
}
