// WebSocket attach handler: one viewer's connection to one session (contract native, WebSocket).

import { randomBytes } from "node:crypto"
import type { LeaseChange } from "../../core/access/lease.ts"
import { PtylineError } from "../../core/lib/errors.ts"
import { copyOf } from "../../core/lib/memory.ts"
import type { Signal } from "../../core/lib/units.ts"
import { isSize, parseSignal } from "../../core/lib/units.ts"
import type { Snapshot } from "../../core/log/archive.ts"
import type { Size } from "../../core/session/backend.ts"
import type { Session } from "../../core/session/session.ts"
import type { Attachment } from "../../core/session/viewers.ts"
import { leaseInfo } from "../../ops/sessions/info.ts"
import type { Socket, SocketHandler } from "../../runtime/types.ts"
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
import { Delivery } from "./delivery.ts"

/** When a viewer gets a snapshot in place of older output: if it cannot resume, never, or at every start. */
type SnapshotChoice = "auto" | "never" | "always"

const REVOKED = "this token or share was revoked"
/** A client that sends this many malformed frames is closed. */
const MAX_MALFORMED = 16

type AttachOptions = {
  session: Session
  mode: Mode
  /** The client's name; missing: a generated one. */
  client?: string
  /** Takes the lease at once. The socket closes with `takenOver` when another client takes it. */
  take: boolean
  /** Size of the viewer's window, applied before the first output is sent. */
  window: Size | null
  /** Offset to resume at; null for a new viewer. */
  from: number | null
  /** Undefined: output bytes if the log is complete, else as "auto". */
  snapshot: SnapshotChoice | undefined
  maxViewers: number
  /** Aborts when the client's grant is revoked. */
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
      return this.#start(socket, from ?? this.#session.output.replayStart, redraw)
    // after `attach`, so that queries which this viewer must answer come after the snapshot
    screens.snapshot(this.#session).then(
      taken => this.#socket && this.#start(socket, taken, redraw),
      error => {
        onError(error)
        socket.close(1011, "internal error")
      },
    )
  }

  /** Requests the viewer's size if the viewer may type. */
  #fit(control: boolean): void {
    const { window } = this.#options
    if (control && window && this.#session.life.state === "running" && this.#attachment?.mayType())
      this.#attachment.requestSize(window)
  }

  #start(socket: Socket, at: Snapshot | number, redraw: boolean): void {
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
      return this.#socket?.close(CloseCode.tooBig, `frame over ${MAX_ATTACH_FRAME} bytes`)
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

  /** Sends `viewers` when it changed. A client that does not read gets it when it reads again. */
  #announceViewers(): void {
    if (!this.#attachment || !this.#delivery || this.#socket?.buffered() !== 0) return
    const [count, answers] = [this.#session.viewers.count, this.#attachment.answers()]
    const announced = `${count} ${answers}`
    if (announced !== this.#announced) this.#send({ type: "viewers", count, answers })
    this.#announced = announced
  }

  /** Stops input and output at once, even if the client does not read the close frame. */
  #cut(socket: Socket): void {
    socket.close(CloseCode.unauthorized, REVOKED)
    this.close()
  }

  /** Sends `lease`. For a client that does not read, the frames wait in its socket: leases change rarely. */
  #announceLease({ event, client, from, reason }: LeaseChange): void {
    this.#send({ type: "lease", lease: leaseInfo(this.#session.lease.owner), event, from, reason })
    if (this.#options.take && event !== "detach" && from === this.#client)
      this.#socket?.close(CloseCode.takenOver, `taken over by ${client}`.slice(0, 120))
  }

  #input(data: Uint8Array): void {
    this.#requireControl()
    // the socket reuses its memory: input that waits for the process needs a copy
    if (data.length > 0)
      this.#session.write(copyOf(data), this.#client).done.catch(error => this.#fail(error))
  }

  #control(text: string): void {
    const frame = parseClientFrame(text)
    if (!("malformed" in frame)) return this.#execute(frame)
    if (++this.#malformed > MAX_MALFORMED)
      return this.#socket?.close(CloseCode.policy, "too many malformed frames")
    throw new PtylineError("invalid_input", frame.malformed)
  }

  #execute(frame: ClientFrame): void {
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
      throw new PtylineError("invalid_input", `ack of ${offset}, but bytes were sent only up to ${sent}`)
    this.#delivery?.acknowledge(offset)
  }

  #requireControl(): void {
    if (this.#options.mode !== "control")
      throw new PtylineError("denied", "this socket has mode=view; connect with mode=control")
  }

  #fail(error: unknown): void {
    const { code, message } = presentable(error, this.#options.onError)
    this.#send({ type: "error", code, message })
  }

  #send(frame: ServerFrame): void {
    this.#socket?.send(JSON.stringify(frame))
  }
}

function checkedSize({ cols, rows }: { cols: number; rows: number }): { cols: number; rows: number } {
  if (!isSize({ cols, rows }))
    throw new PtylineError(
      "invalid_input",
      `cols and rows must be integers from 1 to 1000, got ${cols}x${rows}`,
    )
  return { cols, rows }
}

function checkedSignal(name: string): Signal {
  const signal = parseSignal(name)
  if (!signal) throw new PtylineError("invalid_input", `unknown signal ${JSON.stringify(name.slice(0, 40))}`)
  return signal
}
