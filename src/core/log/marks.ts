// Marks: events of a session besides output, such as a resize or a title, each with its offset in the log.

import type { Size } from "../session/backend.ts"

export type MarkEvent =
  | { type: "resize"; cols: number; rows: number }
  | { type: "title"; title: string }
  /** Output after it comes from a further process, the `launch`th after the first, on a reset terminal. */
  | { type: "relaunch"; launch: number }
/** `at` is the time in ms since the epoch. */
export type Mark = { sequence: number; offset: number; at: number; what: MarkEvent }

/** Drops the oldest first. A viewer that missed some gets the current size and title when it attaches. */
const MAX_MARKS = 256

export class Marks {
  #marks: Mark[] = []
  #next = 0
  /** The size before the oldest mark. */
  #size: Size

  constructor(size: Size) {
    this.#size = size
  }

  /** Replaces a mark of the same kind at the same offset: no viewer needs every step of a dragged window. */
  add(offset: number, what: MarkEvent): void {
    const last = this.#marks.at(-1)
    if (last?.offset === offset && last.what.type === what.type) this.#marks.pop()
    this.#marks.push({ sequence: this.#next++, offset, at: Date.now(), what })
    if (this.#marks.length > MAX_MARKS) this.#forget()
  }

  /** Returns the terminal's size for the output at `offset`, before a resize at `offset` itself. */
  sizeAt(offset: number): Size {
    const earlier = this.#marks.filter(mark => mark.offset < offset).map(mark => mark.what)
    const { cols, rows } = earlier.findLast(what => what.type === "resize") ?? this.#size
    return { cols, rows }
  }

  /** Returns the sequence number of the first mark at or after `offset`. */
  from(offset: number): number {
    return this.#marks.find(mark => mark.offset >= offset)?.sequence ?? this.#next
  }

  /** Returns the oldest available mark with at least this sequence number. */
  get(sequence: number): Mark | null {
    if (sequence >= this.#next) return null
    return this.#marks.find(mark => mark.sequence >= sequence) ?? null
  }

  #forget(): void {
    const what = this.#marks.shift()?.what
    if (what?.type === "resize") this.#size = what
  }
}
