// The terminal socket (contract native, WebSocket): who may attach, and what a client's frames do. `delivery.ts` is the way out.

import { randomBytes } from "node:crypto"
import type { LeaseChange } from "../../core/access/lease.ts"
import { PtylineError } from "../../core/lib/errors.ts"
import { copyOf } from "../../core/lib/memory.ts"
import type { Snapshot } from "../../core/log/archive.ts"
import { SIGNALS, type Signal, type Size } from "../../core/session/backend.ts"
import type { Session } from "../../core/session/session.ts"
import type { Attachment } from "../../core/session/viewers.ts"
import { leaseInfo } from "../../ops/sessions/info.ts"
import { screens } from "../../screen/screens.ts"
import {
  type ClientFrame,
  CloseCode,
  MAX_ATTACH_FRAME,
  type Mode,
  parseClientFrame,
  type ServerFrame,
} from "../../wire/attach.ts"
import { presentable } from "../api/errors.ts"
import type { Socket, SocketHandler } from "../peer.ts"
import { Delivery } from "./delivery.ts"

/** When a viewer gets the screen in place of the output that led to it: when it cannot resume, in no case, or at every start. */
export type SnapshotChoice = "auto" | "never" | "always"

const REVOKED = "this share or token was revoked"
/** A client that sends this many malformed frames is closed. */
const MAX_MALFORMED = 16

export type AttachOptions = {
  session: Session
  mode: Mode
  /** What the client calls itself; a name is made up for one that does not say. */
  client?: string
  /** Take the lease at once, and close with `takenOver` when another client takes it. */
  take: boolean
  /** The viewer's window, so that what it is shown first fits. */
  window: Size | null
  /** Where to resume; null without such a wish. */
  from: number | null
  /** Without a choice: bytes as long as all there was can be had, else as "auto". */
  snapshot: SnapshotChoice | undefined
  maxViewers: number
  /** Aborts when what let the client in is revoked. */
  gone: AbortSignal | null
  onError(error: unknown): void
}

export class AttachHandler implements SocketHandler {
  #session: Session
  #options: AttachOptions
  readonly #client: string
  #socket: Socket | null = null
  #attachment: Attachment | null = null
  #delivery: Delivery | null = null
  #unsubscribe: (() => void)[] = []
  #replayEnd: number
  #announced = ""
  #malformed = 0

  constructor(options: AttachOptions) {
    this.#options = options
    this.#session = options.session
    this.#client = options.client ?? `socket-${randomBytes(4).toString("hex")}`
    this.#replayEnd = options.session.log.end
  }

  open(socket: Socket): void {
    const { gone } = this.#options
    if (gone?.aborted) return socket.close(CloseCode.unauthorized, REVOKED)
    if (this.#session.viewers.count >= this.#options.maxViewers)
      return socket.close(CloseCode.limit, "too many viewers")
    const cut = () => this.#cut(socket)
    gone?.addEventListener("abort", cut)
    this.#unsubscribe.push(() => gone?.removeEventListener("abort", cut))
    const { mode, from, snapshot, take, onError } = this.#options
    this.#socket = socket
    const control = mode === "control"
    this.#attachment = this.#session.attach(control, control ? this.#client : undefined)
    if (take && this.#session.life.state === "running") this.#session.lease.take(this.#client)
    this.#fit(control)
    const redraw = snapshot === "always" || (snapshot !== "never" && this.#session.tty)
    const whole = snapshot === undefined && this.#session.output.replayStart === 0
    if (snapshot !== "always" && (!redraw || whole || from !== null))
      return this.#begin(socket, from ?? this.#session.output.replayStart, redraw)
    // of what comes from here on nothing is in the snapshot, so that this viewer sees the questions that it is to answer
    screens.snapshot(this.#session).then(
      taken => this.#socket && this.#begin(socket, taken, redraw),
      error => {
        onError(error)
        socket.close(1011, "internal error")
      },
    )
  }

  /** Whoever may not say how large the session is sees it as it is. */
  #fit(control: boolean): void {
    const { window } = this.#options
    if (control && window && this.#session.life.state === "running" && this.#attachment?.mayType())
      this.#attachment.requestSize(window)
  }

  #begin(socket: Socket, at: Snapshot | number, redraw: boolean): void {
    const { mode, onError } = this.#options
    this.#delivery = new Delivery(
      this.#session,
      socket,
      { at, replayEnd: this.#replayEnd, mode, client: this.#client, redraw },
      onError,
    )
    this.#unsubscribe.push(
      this.#session.altered.listen(() => this.#announceViewers()),
      this.#session.lease.listen(change => this.#announceLease(change)),
    )
    this.#announceViewers()
    this.#delivery.pump()
  }

  message(data: string | Uint8Array): void {
    if (!this.#socket) return
    if (Buffer.byteLength(data) > MAX_ATTACH_FRAME)
      return this.#socket?.close(CloseCode.tooBig, `a frame is at most ${MAX_ATTACH_FRAME} bytes`)
    try {
      if (typeof data === "string") this.#control(data)
      else this.#input(data)
    } catch (error) {
      this.#fail(error)
    }
  }

  drain(): void {
    this.#announceViewers()
    this.#delivery?.pump()
  }

  close(): void {
    for (const off of this.#unsubscribe) off()
    this.#delivery?.stop()
    this.#attachment?.detach()
    this.#socket = null
    this.#delivery = null
    this.#attachment = null
  }

  /** A client that does not read is told when it reads again. */
  #announceViewers(): void {
    if (!this.#attachment || !this.#delivery || this.#socket?.buffered() !== 0) return
    const [count, answers] = [this.#session.viewers.count, this.#attachment.answers()]
    const announced = `${count} ${answers}`
    if (announced !== this.#announced) this.#send({ type: "viewers", count, answers })
    this.#announced = announced
  }

  /** Nothing more goes either way, also to a client that does not read the closing. */
  #cut(socket: Socket): void {
    socket.close(CloseCode.unauthorized, REVOKED)
    this.close()
  }

  /** Frames of a client that does not read wait in its socket, up to that socket's own limit: leases change seldom. */
  #announceLease({ event, client, from, reason }: LeaseChange): void {
    this.#send({ type: "lease", lease: leaseInfo(this.#session.lease.owner), event, from, reason })
    if (this.#options.take && event !== "detach" && from === this.#client)
      this.#socket?.close(CloseCode.takenOver, `taken over by ${client}`.slice(0, 120))
  }

  #input(data: Uint8Array): void {
    this.#requireControl()
    // the socket's memory is its own: input that waits for the child needs a copy
    if (data.length > 0)
      this.#session.write(copyOf(data), this.#client).done.catch(error => this.#fail(error))
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
    if (frame.type === "take") return void this.#session.liveLease.take(this.#client)
    if (frame.type === "release") return this.#session.lease.release(this.#client)
    if (frame.type === "resize") return this.#attachment?.requestSize(checkedSize(frame))
    this.#session.signal(checkedSignal(frame.signal), this.#client)
  }

  #ack(offset: number): void {
    const sent = this.#delivery?.sent ?? 0
    if (!Number.isSafeInteger(offset) || offset > sent || offset < 0)
      throw new PtylineError("invalid_input", `ack of ${offset}, but only bytes up to ${sent} were sent`)
    this.#delivery?.acknowledge(offset)
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
