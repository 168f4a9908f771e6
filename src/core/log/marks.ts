// What happened to a session besides output (a resize, a new title), each at its place in the log.

import type { Size } from "../session/backend.ts"

export type MarkEvent =
  | { type: "resize"; cols: number; rows: number }
  | { type: "title"; title: string }
  /** What comes behind it is printed by a further process, the `launch`th behind the first, on a terminal as new. */
  | { type: "relaunch"; launch: number }
/** `at` in ms since the epoch. */
export type Mark = { sequence: number; offset: number; at: number; what: MarkEvent }

/** Older marks go first; a viewer that missed some still has the current size and title from its greeting. */
const MAX_MARKS = 256

export class Marks {
  #marks: Mark[] = []
  #next = 0
  /** The size before the oldest mark that is kept. */
  #size: Size

  constructor(size: Size) {
    this.#size = size
  }

  /** The same kind again at the same offset replaces: nobody needs every step of a window being dragged. */
  add(offset: number, what: MarkEvent): void {
    const last = this.#marks.at(-1)
    if (last?.offset === offset && last.what.type === what.type) this.#marks.pop()
    this.#marks.push({ sequence: this.#next++, offset, at: Date.now(), what })
    if (this.#marks.length > MAX_MARKS) this.#forget()
  }

  /** The size that the output at `offset` was made for; a resize at `offset` itself is still to come. */
  sizeAt(offset: number): Size {
    const earlier = this.#marks.filter(mark => mark.offset < offset).map(mark => mark.what)
    const { cols, rows } = earlier.findLast(what => what.type === "resize") ?? this.#size
    return { cols, rows }
  }

  /** Sequence number of the first mark at or after `offset`. */
  from(offset: number): number {
    return this.#marks.find(mark => mark.offset >= offset)?.sequence ?? this.#next
  }

  /** The oldest kept mark with at least this sequence number. */
  get(sequence: number): Mark | null {
    if (sequence >= this.#next) return null
    return this.#marks.find(mark => mark.sequence >= sequence) ?? null
  }

  #forget(): void {
    const what = this.#marks.shift()?.what
    if (what?.type === "resize") this.#size = what
  }
}
