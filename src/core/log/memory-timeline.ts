// The timeline's newer part: what memory has of a session, and what is still to come.

import { Cursor, type FollowEvent, type Followed } from "./follow.ts"
import type { MarkEvent } from "./marks.ts"
import type { TimelineEntry } from "./timeline-entry.ts"

/** Bytes of output that one batch has at least, where that many are available. */
export const BATCH = 64 << 10

/** A cursor over entries: output is cut where its time changes and where input came. */
export class MemoryTimeline {
  done = false
  /** Whether nothing is available now and more may come. */
  waits = false
  readonly #session: Followed
  readonly #cursor: Cursor
  readonly #end: number
  #at: number
  #input: number
  #mark: number

  constructor(session: Followed, from: number, end: number) {
    this.#session = session
    this.#cursor = new Cursor(session, from)
    this.#end = end
    this.#at = from
    this.#input = session.output.inputs.from(from)
    this.#mark = session.output.marks.from(from)
  }

  /** Returns the next entries, up to a bound; empty when nothing is available now. */
  batch(): TimelineEntry[] {
    const batch: TimelineEntry[] = []
    let bytes = 0
    this.waits = false
    while (bytes < BATCH && !this.done && !this.waits) {
      const event = this.#cursor.next(Math.max(0, Math.min(BATCH, this.#end - this.#at)))
      if (event) batch.push(...this.#entriesOf(event))
      this.done = this.#cursor.ended || (!event && this.#at >= this.#end)
      this.waits = !event && !this.done
      bytes += event?.type === "output" ? event.bytes.length : 0
    }
    if (this.waits || this.#at >= this.#end) batch.push(...this.#inputs(this.#at))
    return batch
  }

  #entriesOf(event: FollowEvent): TimelineEntry[] {
    if (event.type === "output") return this.#output(event.from, event.bytes)
    if (event.type === "gap") {
      this.#at = event.to
      return []
    }
    if (event.type !== "exit") return [this.#marked(event)]
    if (this.#at < this.#session.output.log.end) return []
    const { code, signal, at } = event.exit
    return [...this.#inputs(this.#at), { offset: this.#at, at: at.getTime(), type: "exit", code, signal }]
  }

  #output(from: number, bytes: Uint8Array): TimelineEntry[] {
    const to = from + bytes.length
    const entries: TimelineEntry[] = []
    const { times, inputs } = this.#session.output
    const stretches = times.between(from, to)
    for (const [i, { offset, at }] of stretches.entries()) {
      const end = stretches[i + 1]?.offset ?? to
      for (let start = offset; start < end; ) {
        entries.push(...this.#inputs(start))
        const stop = Math.min(end, inputs.get(this.#input)?.offset ?? end)
        entries.push({ offset: start, at, type: "output", bytes: bytes.subarray(start - from, stop - from) })
        start = stop
      }
    }
    this.#at = to
    return entries
  }

  /** Takes the input that came when the log ended at `offset` or before. */
  #inputs(offset: number): TimelineEntry[] {
    const { inputs } = this.#session.output
    const entries: TimelineEntry[] = []
    for (let input = inputs.get(this.#input); input && input.offset <= offset; ) {
      entries.push({ offset: input.offset, at: input.at, type: "input", bytes: input.bytes })
      this.#input = input.sequence + 1
      input = inputs.get(this.#input)
    }
    return entries
  }

  /** The cursor gives marks in order, but without their times. */
  #marked(what: MarkEvent): TimelineEntry {
    const { marks, times } = this.#session.output
    const mark = marks.get(this.#mark)
    if (mark) this.#mark = mark.sequence + 1
    return { offset: this.#at, at: mark?.at ?? times.at(this.#at), ...what }
  }
}
