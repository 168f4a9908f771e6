// Reads a session's log from disk without blocking the event loop, even while another process writes it.

import { nextTurn, turnOver } from "../../core/lib/turns.ts"
import type { Chunk } from "../../core/log/archive.ts"
import type { GapReason } from "../../core/log/gap.ts"
import { frameEnd, isOutput, type LogFrame, payloadOf } from "../frames/frame.ts"
import { FrameRun } from "../frames/run.ts"
import { SEGMENT_HEADER_BYTES } from "./header.ts"
import type { SegmentIndex, Window } from "./index.ts"
import { SegmentSet } from "./set.ts"

type SegmentPosition = { index: SegmentIndex; position: number }

/**
 * Supports concurrent reads. A damaged frame is a gap; at the end of the log it is the end. Throws
 * `unavailable` if the log was written with another key.
 */
export class SegmentReader {
  readonly directory: string
  readonly #segments: SegmentSet
  /** The window of the last read: the next read usually continues there. */
  #window: Window | null = null

  constructor(directory: string, key: Uint8Array) {
    this.directory = directory
    this.#segments = new SegmentSet(directory, key)
    this.#segments.last?.checkKey()
  }

  /**
   * Returns the range on disk now. Synchronous: reads whatever is new in the newest segment. The first call
   * reads all of it, about 10 ms for small frames; call `catchUp` first where that matters.
   */
  bounds(): { base: number; end: number } {
    this.#segments.refresh()
    const { first, last } = this.#segments
    return { base: first?.file.base ?? 0, end: last?.end() ?? 0 }
  }

  /** Like `bounds`, without blocking the event loop. */
  async catchUp(): Promise<{ base: number; end: number }> {
    this.#segments.refresh()
    const { last } = this.#segments
    let place: SegmentPosition | null = last ? { index: last, position: last.furthest } : null
    while (place) place = await this.#step(place)
    return this.bounds()
  }

  /**
   * Reads up to `max` contiguous bytes, from the first readable byte at or after `offset`. At the end returns
   * no bytes and the next offset, which is greater than `offset` if the log ends in a gap.
   */
  async read(offset: number, max: number): Promise<Chunk> {
    const place = this.#placeOf(offset, false)
    const run = new FrameRun(offset, max, place && place.index.file.base > offset ? "trimmed" : null)
    const left = (window: Window | null) => {
      run.hole ??= holeAfter(window)
    }
    for await (const window of this.#windows(place, left)) {
      for (const frame of window.frames) {
        if (run.wants(frame)) run.add(frame, payloadOf(window.key, window.buffer, frame))
        if (run.complete) return run.result()
        if (turnOver()) await nextTurn()
      }
    }
    return run.result()
  }

  /** Yields frames from offset `from` to the current end. Cuts the first frame and skips repeated sizes. */
  async *frames(from: number): AsyncGenerator<LogFrame> {
    let size = ""
    for await (const window of this.#windows(this.#placeOf(from, true))) {
      for (const frame of window.frames) {
        if (frame.offset < from && frameEnd(frame) <= from) continue
        if (turnOver()) await nextTurn()
        const payload = payloadOf(window.key, window.buffer, frame)
        if (!payload || (isOutput(frame.type) && payload.byteLength === 0)) continue
        const text = frame.type === "resize" ? Buffer.from(payload).toString("latin1") : size
        if (frame.type === "resize" && text === size) continue
        size = text
        yield cut(frame, payload, from)
      }
    }
  }

  /** Returns the newest `resize` before `offset`, or the oldest segment's first; null if there is none. */
  async sizeAt(offset: number): Promise<LogFrame | null> {
    const index = this.#segments.holding(offset)
    let found: LogFrame | null = null
    for await (const window of this.#windows(index && { index, position: 0 })) {
      for (const [i, frame] of window.frames.entries()) {
        const opens = i === 0 && window.start === 0 && window.index === index
        if (frame.offset >= offset && !opens) return found
        const payload = frame.type === "resize" ? payloadOf(window.key, window.buffer, frame) : null
        if (payload) found = { type: "resize", offset: frame.offset, time: frame.time, payload }
      }
      if (turnOver()) await nextTurn()
    }
    return found
  }

  /** Returns the `resize` frames from offset `from` up to, but not including, `to`. */
  async sizes(from: number, to: number): Promise<LogFrame[]> {
    const found: LogFrame[] = []
    for await (const { frames, key, buffer } of this.#windows(this.#placeOf(from, true))) {
      for (const frame of frames) {
        if (frame.offset >= to) return found
        const wanted = frame.type === "resize" && frame.offset >= from
        const payload = wanted ? payloadOf(key, buffer, frame) : null
        if (payload) found.push({ type: "resize", offset: frame.offset, time: frame.time, payload })
      }
      if (turnOver()) await nextTurn()
    }
    return found
  }

  /** Frees the memory. No file stays open between reads. */
  close(): void {
    this.#segments.clear()
    this.#window = null
  }

  /** Yields windows with frames from `place` to the end. Calls `left` with what follows each segment. */
  async *#windows(
    place: SegmentPosition | null,
    left: (rest: Window | null) => void = () => {},
  ): AsyncGenerator<Window> {
    while (place) {
      const next: SegmentIndex | null = this.#segments.after(place.index)
      const window = await this.#load(place)
      if (window && window.frames.length > 0) {
        yield window
        place = { index: place.index, position: window.next }
        continue
      }
      left(window)
      if (next) place = { index: next, position: 0 }
      else {
        // Only a segment that was not the newest when it was read is certainly complete.
        this.#segments.refresh()
        if (!this.#segments.after(place.index)) return
      }
    }
  }

  /** Returns the position after the next window of the same segment; null at its end. */
  async #step({ index, position }: SegmentPosition): Promise<SegmentPosition | null> {
    if (turnOver()) await nextTurn()
    const window = await index.window(position)
    return window && window.frames.length > 0 ? { index, position: window.next } : null
  }

  async #load({ index, position }: SegmentPosition): Promise<Window | null> {
    const { index: of, start } = this.#window ?? {}
    if (of === index && start === position) return this.#window
    if (turnOver()) await nextTurn()
    const window = await index.window(position)
    if (window && window.frames.length > 0) this.#window = window
    this.#segments.touch(index)
    return window
  }

  /** Returns where to read `offset`. With `facts`, includes the facts at that offset, before its output. */
  #placeOf(offset: number, facts: boolean): SegmentPosition | null {
    const { index, start = 0, next = 0, from = 0, end = 0 } = this.#window ?? {}
    if (index && from < offset && offset <= end)
      return { index, position: offset === end && !facts ? next : start }
    let segment = this.#segments.holding(offset)
    if (segment === this.#segments.last) {
      this.#segments.refresh()
      segment = this.#segments.holding(offset)
    }
    return segment && { index: segment, position: segment.positionOf(offset) }
  }
}

/** Returns why bytes may be missing after a segment. `rest`: what follows; null without a file. */
function holeAfter(rest: Window | null): GapReason | null {
  if (!rest) return "trimmed"
  const header = rest.start === 0 ? SEGMENT_HEADER_BYTES : 0
  return rest.buffer.byteLength > header ? "damage" : null
}

function cut({ type, offset, time }: Omit<LogFrame, "payload">, payload: Uint8Array, from: number): LogFrame {
  const skip = isOutput(type) ? Math.max(0, from - offset) : 0
  return { type, offset: offset + skip, time, payload: payload.subarray(skip) }
}
