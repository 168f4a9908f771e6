// From a session's log to one terminal socket: a cursor that is asked for more whenever there is more, or room for it.

import { STALLED_MS } from "../../core/lib/wake.ts"
import type { Snapshot } from "../../core/log/archive.ts"
import { Cursor, type FollowEvent } from "../../core/log/follow.ts"
import type { Session } from "../../core/session/session.ts"
import { leaseInfo } from "../../ops/sessions/info.ts"
import { screens } from "../../screen/screens.ts"
import { CloseCode, type Mode, type ServerFrame, WINDOW_WITH_ACKS } from "../../wire/attach.ts"
import type { Socket } from "../peer.ts"
import { QueryBlanker } from "./replay.ts"

type Gap = Extract<FollowEvent, { type: "gap" }>

/** A viewer that cannot keep up gets a snapshot this often at most, in ms; between them it gets what is left of the output. */
const REDRAW_PAUSE_MS = 1000

/**
 * Where a delivery begins: at a snapshot or at an offset. Bytes before `replayEnd` are history: terminal queries in them are
 * blanked out. `redraw`: does the viewer get a snapshot when the log has left it behind?
 */
export type AttachStart = {
  at: Snapshot | number
  replayEnd: number
  mode: Mode
  client: string
  redraw: boolean
}

export class Delivery {
  #session: Session
  #socket: Socket
  #cursor: Cursor
  #onError: (error: unknown) => void
  #sent: number
  #acked: number | null = null
  #replayEnd: number
  #blanker = new QueryBlanker()
  #redraw: boolean
  #drawnAt = Number.NEGATIVE_INFINITY
  /** True while a snapshot is made. */
  #paused = false
  #stopped = false
  /** When it last had room for something. */
  #roomAt = performance.now()
  #stop: () => void

  /** Greets and begins. */
  constructor(session: Session, socket: Socket, start: AttachStart, onError: (error: unknown) => void) {
    const { log } = session
    const drawn = typeof start.at === "object"
    const from = typeof start.at === "object" ? start.at.offset : Math.min(start.at, log.end)
    this.#session = session
    this.#socket = socket
    this.#cursor = new Cursor(session, from)
    this.#onError = onError
    this.#sent = Math.max(from, session.output.base)
    this.#replayEnd = Math.min(start.replayEnd, log.end)
    this.#redraw = start.redraw
    this.#greet(from, start, drawn)
    if (typeof start.at === "object") this.#draw(start.at)
    const stalled = () => performance.now() - this.#roomAt > STALLED_MS && !this.#ready
    this.#stop = session.changed.listen(() => this.pump(), stalled)
  }

  /** Bytes before this offset are on their way, or gone from the log. */
  get sent(): number {
    return this.#sent
  }

  /** Sends what there is and the client has room for. */
  pump(): void {
    try {
      this.#pump()
    } catch (error) {
      this.stop()
      this.#onError(error)
      this.#socket.close(1011, "internal error")
    }
  }

  /** The client has parsed everything before `offset`, and from now on gets no more than its window ahead of that. */
  acknowledge(offset: number): void {
    this.#acked = Math.max(this.#acked ?? 0, offset)
    this.pump()
  }

  stop(): void {
    this.#stopped = true
    this.#stop()
  }

  /** A snapshot says its size itself. */
  #greet(from: number, { mode, client }: AttachStart, drawn: boolean): void {
    const { size, id, title } = this.#session
    const { log, marks, base } = this.#session.output
    const lease = leaseInfo(this.#session.lease.owner)
    this.#send({ type: "hello", id, from, base, end: log.end, ...size, mode, client, lease })
    if (from < log.end && !drawn) this.#send({ type: "resize", ...marks.sizeAt(from) })
    if (title) this.#send({ type: "title", title })
  }

  /** What the system does not take at once waits in the log: the socket holds the rest of one frame at most. */
  #pump(): void {
    while (!this.#paused && !this.#stopped && this.#ready) {
      this.#roomAt = performance.now()
      const event = this.#cursor.next(this.#room())
      if (!event) return this.#cursor.ended ? this.#finish() : undefined
      if (event.type === "gap" && this.#mayRedraw()) return this.#leap(event)
      if (event.type === "output") this.#output(event.from, event.bytes)
      else this.#announce(event)
    }
  }

  get #ready(): boolean {
    return this.#room() > 0 && this.#socket.buffered() === 0
  }

  /** How many bytes the client may have ahead of its acknowledgements. */
  #room(): number {
    return this.#acked === null ? Number.POSITIVE_INFINITY : this.#acked + WINDOW_WITH_ACKS - this.#sent
  }

  #mayRedraw(): boolean {
    return this.#redraw && performance.now() - this.#drawnAt >= REDRAW_PAUSE_MS
  }

  /** Over a gap by a snapshot, if the log still has what comes behind it; else by the gap alone. */
  #leap(gap: Gap): void {
    this.#paused = true
    const goOn = (snapshot: Snapshot | null) => {
      if (this.#stopped) return
      this.#paused = false
      if (snapshot && snapshot.offset >= this.#session.output.base) this.#goOnAt(gap, snapshot)
      else this.#announce(gap)
      this.pump()
    }
    screens.snapshot(this.#session).then(goOn, error => {
      this.#onError(error)
      goOn(null)
    })
  }

  #goOnAt(gap: Gap, snapshot: Snapshot): void {
    this.#announce({ ...gap, to: snapshot.offset })
    this.#cursor = new Cursor(this.#session, snapshot.offset)
    this.#draw(snapshot)
  }

  #draw({ offset, size, data }: Snapshot): void {
    this.#drawnAt = performance.now()
    this.#sent = offset
    this.#send({ type: "snapshot", offset, ...size, data })
  }

  #finish(): void {
    this.stop()
    if (this.#session.life.exit) this.#socket.close(CloseCode.ended, "the session has ended")
    else this.#socket.close(CloseCode.serverStops, "the server stops, the session goes on")
  }

  #output(from: number, bytes: Uint8Array): void {
    const replayed = Math.min(bytes.length, this.#replayEnd - from)
    if (replayed > 0) {
      const end = from + replayed === this.#replayEnd
      this.#sendBytes(this.#blanker.pass(bytes.subarray(0, replayed), end))
      this.#sendBytes(bytes.subarray(replayed))
    } else this.#sendBytes(bytes)
  }

  #sendBytes(bytes: Uint8Array): void {
    if (bytes.length === 0) return
    this.#socket.send(bytes)
    this.#sent += bytes.length
  }

  #announce(event: Exclude<FollowEvent, { type: "output" }>): void {
    if (event.type === "gap") this.#skip(event.to)
    if (event.type !== "exit") return this.#send(event)
    const { code, signal } = event.exit
    const lost = this.#session.life.lost && { lost: true as const }
    this.#send({ type: "exit", code, signal, end: event.end, tail_open: event.tailOpen, ...lost })
  }

  /** What was held of the replay belongs before the gap. */
  #skip(to: number): void {
    this.#sendBytes(this.#blanker.pass(new Uint8Array(0), true))
    this.#sent = to
  }

  #send(frame: ServerFrame): void {
    this.#socket.send(JSON.stringify(frame))
  }
}
