// Following a session: one cursor over offsets that serves replay and live output alike.

import type { Happening } from "./marks.ts"
import type { Exit, Session } from "./session.ts"

export type FollowEvent =
  | { type: "output"; from: number; bytes: Uint8Array }
  | { type: "gap"; from: number; to: number }
  | { type: "exit"; exit: Exit; end: number; tailOpen: boolean }
  | Happening

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
  #session: Session
  #offset: number
  #sequence: number
  #ended = false

  constructor(session: Session, from: number) {
    this.#session = session
    this.#offset = Math.min(from, session.log.end)
    this.#sequence = session.marks.from(this.#offset)
  }

  /** True after the exit was given, and when the session was removed. */
  get ended(): boolean {
    return this.#ended
  }

  /** What comes next, with at most `max` bytes; null when there is nothing now: the session's `changed` tells when to ask again. */
  next(max = PIECE): FollowEvent | null {
    if (this.#ended) return null
    return this.#gap() ?? this.#mark() ?? this.#output(Math.min(max, PIECE)) ?? this.#end()
  }

  #gap(): FollowEvent | null {
    const { base } = this.#session.log
    if (this.#offset >= base) return null
    const from = this.#offset
    this.#offset = base
    return { type: "gap", from, to: base }
  }

  #mark(): FollowEvent | null {
    const mark = this.#session.marks.get(this.#sequence)
    if (!mark || mark.offset > this.#offset) return null
    this.#sequence = mark.sequence + 1
    return mark.what
  }

  #output(max: number): FollowEvent | null {
    const from = this.#offset
    const mark = this.#session.marks.get(this.#sequence)
    const bytes = this.#piece(mark ? Math.min(max, mark.offset - from) : max)
    if (bytes.byteLength === 0) return null
    this.#offset += bytes.byteLength
    return { type: "output", from, bytes }
  }

  #piece(max: number): Uint8Array {
    const { log } = this.#session
    const run = log.read(this.#offset, max)
    return run.byteLength < SHORT ? log.slice(this.#offset, Math.min(max, JOINED)) : run
  }

  #end(): FollowEvent | null {
    const { closed, exit, tailOpen, state } = this.#session
    this.#ended = state === "removed" || (closed && exit !== null)
    return closed && exit ? { type: "exit", exit, end: this.#offset, tailOpen } : null
  }
}

/** A cursor's events as they come. Ends after `exit`, on abort, or when the session is removed. */
export async function* follow(
  session: Session,
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
