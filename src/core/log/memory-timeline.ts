// What memory has of a session and what is still to come, as moments: the second half of `moments.ts`.

import type { Session } from "../session/session.ts"
import { Cursor, type FollowEvent } from "./follow.ts"
import type { MarkEvent } from "./marks.ts"
import { BATCH, type TimelineEntry } from "./timeline.ts"

/** A place in what memory has; what is read is cut where it came at another time, and where something was typed. */
export class MemoryTimeline {
  done = false
  /** There is nothing now, and there may be later. */
  waits = false
  readonly #session: Session
  readonly #cursor: Cursor
  readonly #end: number
  #at: number
  #input: number
  #mark: number

  constructor(session: Session, from: number, end: number) {
    this.#session = session
    this.#cursor = new Cursor(session, from)
    this.#end = end
    this.#at = from
    this.#input = session.output.inputs.from(from)
    this.#mark = session.output.marks.from(from)
  }

  /** What comes next, up to a bound; nothing when there is nothing now. */
  batch(): TimelineEntry[] {
    const batch: TimelineEntry[] = []
    let bytes = 0
    this.waits = false
    while (bytes < BATCH && !this.done && !this.waits) {
      const event = this.#cursor.next(Math.max(0, Math.min(BATCH, this.#end - this.#at)))
      if (event) batch.push(...this.#momentsIn(event))
      this.done = this.#cursor.ended || (!event && this.#at >= this.#end)
      this.waits = !event && !this.done
      bytes += event?.type === "output" ? event.bytes.length : 0
    }
    if (this.waits || this.#at >= this.#end) batch.push(...this.#inputs(this.#at))
    return batch
  }

  #momentsIn(event: FollowEvent): TimelineEntry[] {
    if (event.type === "output") return this.#output(event.from, event.bytes)
    if (event.type === "gap") {
      this.#at = event.to
      return []
    }
    if (event.type !== "exit") return [this.#happened(event)]
    if (this.#at < this.#session.log.end) return []
    const { code, signal, at } = event.exit
    return [...this.#inputs(this.#at), { offset: this.#at, at: at.getTime(), type: "exit", code, signal }]
  }

  #output(from: number, bytes: Uint8Array): TimelineEntry[] {
    const to = from + bytes.length
    const found: TimelineEntry[] = []
    const times = this.#session.output.times.between(from, to)
    for (const [i, { offset, at }] of times.entries()) {
      const end = times[i + 1]?.offset ?? to
      for (let start = offset; start < end; ) {
        found.push(...this.#inputs(start))
        const stop = Math.min(end, this.#session.output.inputs.get(this.#input)?.offset ?? end)
        found.push({ offset: start, at, type: "output", bytes: bytes.subarray(start - from, stop - from) })
        start = stop
      }
    }
    this.#at = to
    return found
  }

  /** What was typed when the log ended at `offset` or before. */
  #inputs(offset: number): TimelineEntry[] {
    const found: TimelineEntry[] = []
    for (let input = this.#session.output.inputs.get(this.#input); input && input.offset <= offset; ) {
      found.push({ offset: input.offset, at: input.at, type: "input", bytes: input.bytes })
      this.#input = input.sequence + 1
      input = this.#session.output.inputs.get(this.#input)
    }
    return found
  }

  /** The cursor tells of the marks in their order, but not of their times. */
  #happened(what: MarkEvent): TimelineEntry {
    const mark = this.#session.output.marks.get(this.#mark)
    if (mark) this.#mark = mark.sequence + 1
    return { offset: this.#at, at: mark?.at ?? this.#session.output.times.at(this.#at), ...what }
  }
}
