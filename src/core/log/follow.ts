// Following a session: a cursor over offsets that serves replay and live output alike.

import type { Wake } from "../lib/wake.ts"
import type { Exit, LifeState } from "../session/life.ts"
import type { SessionOutput } from "../session/output.ts"
import type { Chunk } from "./archive.ts"
import { countedGap, type LogGap } from "./gap.ts"
import type { MarkEvent } from "./marks.ts"
import { LogReader, MAX_CHUNK } from "./reader.ts"

/** What a cursor reads of a session. */
export interface Followed {
  readonly output: SessionOutput
  readonly life: LifeState
  readonly changed: Wake
}

export type FollowEvent =
  | { type: "output"; from: number; bytes: Uint8Array }
  | ({ type: "gap" } & LogGap)
  | { type: "exit"; exit: Exit; end: number; tailOpen: boolean }
  | MarkEvent

/** Lazy: gives every byte once, in order; gaps, resizes and titles at their offsets; `exit` last. */
export class Cursor {
  /** True after the exit was given, and after the session was removed. */
  ended = false
  readonly #session: Followed
  readonly #reader: LogReader
  #offset: number
  #sequence: number
  /** The oldest byte available at the start: bytes before it were gone when this viewer attached. */
  readonly #base: number
  #fetching = false

  constructor(session: Followed, from: number) {
    const { log, marks } = session.output
    this.#session = session
    this.#reader = new LogReader(session)
    this.#base = session.output.base
    this.#offset = Math.min(from, log.end)
    this.#sequence = marks.from(this.#offset)
  }

  /** Returns at most `max` bytes; null when nothing is available until `changed` fires. */
  next(max = MAX_CHUNK): FollowEvent | null {
    if (this.ended) return null
    const mark = this.#session.output.marks.get(this.#sequence)
    const untilMark = mark ? Math.max(0, mark.offset - this.#offset) : MAX_CHUNK
    const chunk = this.#reader.peek(this.#offset, Math.min(max, untilMark, MAX_CHUNK))
    if (chunk && chunk.offset > this.#offset) return this.#gap(chunk)
    if (mark && mark.offset <= this.#offset) {
      this.#sequence = mark.sequence + 1
      return mark.what
    }
    if (!chunk) return this.#fetch()
    return chunk.bytes.byteLength > 0 ? this.#output(chunk) : this.#end()
  }

  #gap({ offset: to, gap }: Chunk): FollowEvent {
    const from = this.#offset
    this.#offset = to
    const trimmed = from < this.#base ? "trimmed" : "slow_viewer"
    return { type: "gap", ...countedGap(from, to, gap === null || gap === "trimmed" ? trimmed : gap) }
  }

  /** Fetches older output from disk; `changed` fires when it has arrived. */
  #fetch(): null {
    if (this.#fetching) return null
    this.#fetching = true
    void this.#reader.fetch(this.#offset).then(() => {
      this.#fetching = false
      this.#session.changed.fire()
    })
    return null
  }

  #output({ offset, bytes }: Chunk): FollowEvent {
    this.#offset = offset + bytes.byteLength
    return { type: "output", from: offset, bytes }
  }

  #end(): FollowEvent | null {
    const { closed, exit, tailOpen, state } = this.#session.life
    this.ended = state === "removed" || (closed && exit !== null)
    return closed && exit ? { type: "exit", exit, end: this.#offset, tailOpen } : null
  }
}

/** Yields a cursor's events as they come. Ends after `exit`, on abort, and when the session is removed. */
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
