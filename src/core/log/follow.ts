// Following a session: one cursor over offsets that serves replay and live output alike.

import type { Wake } from "../lib/wake.ts"
import type { Exit, LifeState } from "../session/life.ts"
import type { SessionOutput } from "../session/output.ts"
import type { Archive } from "./archive.ts"
import type { MarkEvent } from "./marks.ts"

/** What a cursor reads of a session. */
export interface Followed {
  readonly output: SessionOutput
  readonly life: LifeState
  readonly changed: Wake
}

export type FollowEvent =
  | { type: "output"; from: number; bytes: Uint8Array }
  | { type: "gap"; from: number; to: number }
  | { type: "exit"; exit: Exit; end: number; tailOpen: boolean }
  | MarkEvent

/** One piece is at most this long: what a busy pipe gives at once, so that it need not be cut. */
const PIECE = 256 << 10
/** A stored run shorter than this is joined with its followers, so that a viewer behind gets few pieces. */
const SHORT = 16 << 10
const JOINED = 64 << 10

/**
 * A viewer's place. Gives every byte from `from` on once and in order; a `gap` where the log no longer has what comes next;
 * resizes and titles at their place; and, strictly after the last byte, `exit`. Whoever does not ask costs nothing.
 */
export class Cursor {
  #session: Followed
  #offset: number
  #sequence: number
  #ended = false
  /** A piece of older output that was fetched, or is being fetched. */
  #older: { offset: number; bytes: Uint8Array } | "coming" | null = null

  constructor(session: Followed, from: number) {
    this.#session = session
    this.#offset = Math.min(from, session.output.log.end)
    this.#sequence = session.output.marks.from(this.#offset)
  }

  /** True after the exit was given, and when the session was removed. */
  get ended(): boolean {
    return this.#ended
  }

  /** What comes next, with at most `max` bytes; null when there is nothing now: the session's `changed` tells when to ask again. */
  next(max = PIECE): FollowEvent | null {
    if (this.#ended) return null
    if (this.#offset < this.#session.output.log.base) return this.#behind(Math.min(max, PIECE))
    return this.#mark() ?? this.#output(Math.min(max, PIECE)) ?? this.#end()
  }

  /** Before what memory holds: from the archive as far as there is one, the rest is a gap. */
  #behind(max: number): FollowEvent | null {
    const { log, archive } = this.#session.output
    if (!archive || this.#offset < archive.base) return this.#skipTo(archive ? archive.base : log.base)
    const mark = this.#mark()
    if (mark || this.#older === "coming") return mark
    if (this.#older === null) return this.#fetch(archive)
    return this.#fromOlder(this.#older, max)
  }

  #skipTo(to: number): FollowEvent {
    const from = this.#offset
    this.#offset = to
    this.#older = null
    return { type: "gap", from, to }
  }

  #fetch(archive: Archive): null {
    this.#older = "coming"
    const arrived = (older: { offset: number; bytes: Uint8Array } | null) => {
      this.#older = older?.bytes.length
        ? older
        : { offset: this.#session.output.log.base, bytes: new Uint8Array(0) }
      this.#session.changed.fire()
    }
    archive.read(this.#offset, PIECE).then(arrived, () => arrived(null))
    return null
  }

  #fromOlder(older: { offset: number; bytes: Uint8Array }, max: number): FollowEvent | null {
    if (older.offset > this.#offset) return this.#skipTo(older.offset)
    const from = this.#offset
    const mark = this.#session.output.marks.get(this.#sequence)
    const bytes = older.bytes.subarray(0, mark ? Math.min(max, mark.offset - from) : max)
    this.#offset += bytes.length
    const rest = older.bytes.subarray(bytes.length)
    this.#older = rest.length > 0 ? { offset: this.#offset, bytes: rest } : null
    return { type: "output", from, bytes }
  }

  #mark(): FollowEvent | null {
    const mark = this.#session.output.marks.get(this.#sequence)
    if (!mark || mark.offset > this.#offset) return null
    this.#sequence = mark.sequence + 1
    return mark.what
  }

  #output(max: number): FollowEvent | null {
    const from = this.#offset
    const mark = this.#session.output.marks.get(this.#sequence)
    const bytes = this.#piece(mark ? Math.min(max, mark.offset - from) : max)
    if (bytes.byteLength === 0) return null
    this.#offset += bytes.byteLength
    return { type: "output", from, bytes }
  }

  #piece(max: number): Uint8Array {
    const { log } = this.#session.output
    const run = log.read(this.#offset, max)
    return run.byteLength < SHORT ? log.slice(this.#offset, Math.min(max, JOINED)) : run
  }

  #end(): FollowEvent | null {
    const { closed, exit, tailOpen, state } = this.#session.life
    this.#ended = state === "removed" || (closed && exit !== null)
    return closed && exit ? { type: "exit", exit, end: this.#offset, tailOpen } : null
  }
}

/** A cursor's events as they come. Ends after `exit`, on abort, or when the session is removed. */
export async function* follow(
  session: Followed,
  from: number,
  signal?: AbortSignal,
): AsyncGenerator<FollowEvent> {
  const cursor = new Cursor(session, from)
  while (!signal?.aborted) {
    const event = cursor.next()
    if (event) yield event
    else if (cursor.ended) return
    else await session.changed.wait(signal)
  }
}
