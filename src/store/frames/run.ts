// Bytes that follow each other, put together from frames.

import type { Chunk } from "../../core/log/archive.ts"
import type { GapReason } from "../../core/log/gap.ts"
import { type FrameHeader, frameEnd, isOutput } from "./frame.ts"

export class FrameRun {
  /** Complete when it has `max` bytes, or when what comes next is behind a gap. */
  complete = false
  /** Why bytes before the next frame are missing, if some are; null: the disk did not take them. */
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

  /** Is this frame's payload needed? It is not when the frame lies before the run, or says only that there is a gap. */
  wants(frame: FrameHeader): boolean {
    if (frame.offset > this.#at) this.#gap(frame.offset, this.hole ?? "disk")
    this.hole = null
    return !this.complete && isOutput(frame.type) && frameEnd(frame) > this.#at
  }

  /** `payload` is null when it cannot be read: a gap. */
  add(frame: FrameHeader, payload: Uint8Array | null): void {
    if (!payload) return this.#gap(frameEnd(frame), "damage")
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

  #gap(to: number, reason: GapReason): void {
    if (this.#length > 0) this.complete = true
    else this.#start = to
    if (!this.complete) this.#reason ??= reason
  }
}

const EMPTY = new Uint8Array(0)
