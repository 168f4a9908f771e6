// Delivery of a session's log to one attach socket: a cursor, read when there is output and room for it.

import { STALLED_MS } from "../../core/lib/wake.ts"
import type { Snapshot } from "../../core/log/archive.ts"
import { Cursor, type FollowEvent } from "../../core/log/follow.ts"
import type { Session } from "../../core/session/session.ts"
import { leaseInfo } from "../../ops/sessions/info.ts"
import type { Socket } from "../../runtime/types.ts"
import { screens } from "../../screen/screens.ts"
import { CloseCode, type Mode, type ServerFrame, WINDOW_WITH_ACKS } from "../../wire/attach.ts"
import { QueryBlanker } from "./replay.ts"

type Gap = Extract<FollowEvent, { type: "gap" }>

/** Shortest time, in ms, between snapshots for a viewer that cannot keep up. In between it gets gaps. */
const REDRAW_PAUSE_MS = 1000

/**
 * `at`: the snapshot or offset to start at. Bytes before `replayEnd` are history: terminal queries in them
 * are blanked out. `redraw`: send a snapshot after a gap.
 */
type AttachStart = {
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
  /** True while a snapshot is being made. */
  #paused = false
  #stopped = false
  /** When the client last had room. */
  #roomAt = performance.now()
  #stop: () => void

  /** Sends the hello. `pump` sends the rest. */
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

  /** Bytes before this offset were sent, or are in a gap. */
  get sent(): number {
    return this.#sent
  }

  /** Sends the available output for which the client has room. */
  pump(): void {
    try {
      this.#pump()
    } catch (error) {
      this.stop()
      this.#onError(error)
      this.#socket.close(1011, "internal error")
    }
  }

  /** Notes that the client has parsed everything before `offset`. From now on its window applies. */
  acknowledge(offset: number): void {
    this.#acked = Math.max(this.#acked ?? 0, offset)
    this.pump()
  }

  stop(): void {
    this.#stopped = true
    this.#stop()
  }

  /** Without a snapshot, which has its own size, replay starts with the size that it was made for. */
  #greet(from: number, { mode, client }: AttachStart, drawn: boolean): void {
    const { size, id, title } = this.#session
    const { log, marks, base } = this.#session.output
    const lease = leaseInfo(this.#session.lease.owner)
    this.#send({ type: "hello", id, from, base, end: log.end, ...size, mode, client, lease })
    if (from < log.end && !drawn) this.#send({ type: "resize", ...marks.sizeAt(from) })
    if (title) this.#send({ type: "title", title })
  }

  /** Output that the system does not take at once waits in the log: the socket buffers one frame at most. */
  #pump(): void {
    while (!this.#paused && !this.#stopped && this.#ready) {
      this.#roomAt = performance.now()
      const event = this.#cursor.next(this.#room())
      if (!event) return this.#cursor.ended ? this.#finish() : undefined
      if (event.type === "gap" && this.#mayRedraw()) return this.#redrawAfter(event)
      if (event.type === "output") this.#output(event.from, event.bytes)
      else this.#announce(event)
    }
  }

  get #ready(): boolean {
    return this.#room() > 0 && this.#socket.buffered() === 0
  }

  /** Bytes that may be sent before the next acknowledgement. */
  #room(): number {
    return this.#acked === null ? Number.POSITIVE_INFINITY : this.#acked + WINDOW_WITH_ACKS - this.#sent
  }

  #mayRedraw(): boolean {
    return this.#redraw && performance.now() - this.#drawnAt >= REDRAW_PAUSE_MS
  }

  /** Continues after a gap with a snapshot, or without one if the log no longer has the bytes after it. */
  #redrawAfter(gap: Gap): void {
    this.#paused = true
    const resume = (snapshot: Snapshot | null) => {
      if (this.#stopped) return
      this.#paused = false
      if (snapshot && snapshot.offset >= this.#session.output.base) this.#resumeAt(gap, snapshot)
      else this.#announce(gap)
      this.pump()
    }
    screens.snapshot(this.#session).then(resume, error => {
      this.#onError(error)
      resume(null)
    })
  }

  #resumeAt(gap: Gap, snapshot: Snapshot): void {
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
    else this.#socket.close(CloseCode.serverStops, "the server is stopping; the session continues")
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

  /** Sends the bytes that the blanker holds back: they come before the gap. */
  #skip(to: number): void {
    this.#sendBytes(this.#blanker.pass(new Uint8Array(0), true))
    this.#sent = to
  }

  #send(frame: ServerFrame): void {
    this.#socket.send(JSON.stringify(frame))
  }
}
