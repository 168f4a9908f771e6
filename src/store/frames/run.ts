// Contiguous output bytes collected from frames.

import type { Chunk } from "../../core/log/archive.ts"
import type { GapReason } from "../../core/log/gap.ts"
import { type FrameHeader, frameEnd, isOutput } from "./frame.ts"

export class FrameRun {
  /** True when the run has `max` bytes or has reached a gap. */
  complete = false
  /** Why bytes before the next frame may be missing; null means that the disk did not accept them. */
  hole: GapReason | null
  readonly #max: number
  #start: number
  #length = 0
  #pieces: Uint8Array[] = []
  #reason: GapReason | null = null

  constructor(offset: number, max: number, hole: GapReason | null) {
    this.hole = hole
    this.#start = offset
    this.#max = max
  }

  get #at(): number {
    return this.#start + this.#length
  }

  /** True if the run needs this frame's payload. A frame after a gap ends the run or moves its start. */
  wants(frame: FrameHeader): boolean {
    if (frame.offset > this.#at) this.#skipTo(frame.offset, this.hole ?? "disk")
    this.hole = null
    return !this.complete && isOutput(frame.type) && frameEnd(frame) > this.#at
  }

  /** Adds a payload. Null means that it cannot be read, which is a gap. */
  add(frame: FrameHeader, payload: Uint8Array | null): void {
    if (!payload) return this.#skipTo(frameEnd(frame), "damage")
    const skip = this.#at - frame.offset
    const piece = payload.subarray(skip, skip + this.#max - this.#length)
    this.#pieces.push(piece)
    this.#length += piece.byteLength
    if (this.#length >= this.#max) this.complete = true
  }

  result(): Chunk {
    const [only = EMPTY] = this.#pieces
    const bytes = this.#pieces.length < 2 ? only : Buffer.concat(this.#pieces, this.#length)
    return { offset: this.#start, bytes, gap: this.#reason ?? (this.#length === 0 ? this.hole : null) }
  }

  #skipTo(to: number, reason: GapReason): void {
    if (this.#length > 0) this.complete = true
    else this.#start = to
    if (!this.complete) this.#reason ??= reason
  }
}

const EMPTY = new Uint8Array(0)
