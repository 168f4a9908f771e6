// Reads a session's log from disk, also while another process writes it, without holding the event loop.

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
 * Any number of reads may go on at once. A frame that is damaged is a gap; at the very end of the log it is the end.
 * Throws `unavailable` when the log was written under another key.
 */
export class SegmentReader {
  readonly directory: string
  readonly #segments: SegmentSet
  /** Where the last read was: the next one mostly goes on there. */
  #window: Window | null = null

  constructor(directory: string, key: Uint8Array) {
    this.directory = directory
    this.#segments = new SegmentSet(directory, key)
    this.#segments.last?.checkKey()
  }

  /**
   * What is on disk now. Synchronous: reads what came to the newest segment since it was last read, by whatever call. The
   * first time that is all of it, some 10 ms for small frames: `catchUp` first where that matters.
   */
  bounds(): { base: number; end: number } {
    this.#segments.refresh()
    const { first, last } = this.#segments
    return { base: first?.file.base ?? 0, end: last?.end() ?? 0 }
  }

  /** As `bounds`, without holding the event loop. */
  async catchUp(): Promise<{ base: number; end: number }> {
    this.#segments.refresh()
    const { last } = this.#segments
    let place: SegmentPosition | null = last ? { index: last, position: last.furthest } : null
    while (place) place = await this.#step(place)
    return this.bounds()
  }

  /**
   * Up to `max` bytes that follow each other, from the first that can be read at or behind `offset`. Empty at the end, with
   * the offset that comes next: further on than `offset` when the log ends in a gap.
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

  /** Frames from offset `from` to the present end, the first cut to begin there. A size that was said before is left out. */
  async *frames(from: number): AsyncGenerator<LogFrame> {
    let size = ""
    for await (const window of this.#windows(this.#placeOf(from, true))) {
      for (const frame of window.frames) {
        if (frame.offset < from && frameEnd(frame) <= from) continue
        if (turnOver()) await nextTurn()
        const payload = payloadOf(window.key, window.buffer, frame)
        if (!payload || (isOutput(frame.type) && payload.byteLength === 0)) continue
        const said = frame.type === "resize" ? Buffer.from(payload).toString("latin1") : size
        if (frame.type === "resize" && said === size) continue
        size = said
        yield cut(frame, payload, from)
      }
    }
  }

  /** The newest `resize` before `offset`, or the one that the oldest segment begins with; null where there is none. */
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

  /** The `resize` frames at offset `from` or behind it, and before `to`. */
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

  /** Gives up its memory. Nothing is held open between reads. */
  close(): void {
    this.#segments.clear()
    this.#window = null
  }

  /**
   * Windows with frames, one after the other through the segments, from `place` to the present end. Calls `left` with what
   * is behind the last frame of each segment.
   */
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
        // Only a segment that was not the newest before it was read is sure to be at its end.
        this.#segments.refresh()
        if (!this.#segments.after(place.index)) return
      }
    }
  }

  /** The place behind the next window of the same segment; null at its end. */
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

  /** Where to begin for `offset`; `facts`: that stand at it, too, and may come before output that does. */
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

/** Why bytes after the last frame of a segment are missing, if some are. `rest` is what stands there; null without a file. */
function holeAfter(rest: Window | null): GapReason | null {
  if (!rest) return "trimmed"
  const header = rest.start === 0 ? SEGMENT_HEADER_BYTES : 0
  return rest.buffer.byteLength > header ? "damage" : null
}

function cut({ type, offset, time }: Omit<LogFrame, "payload">, payload: Uint8Array, from: number): LogFrame {
  const skip = isOutput(type) ? Math.max(0, from - offset) : 0
  return { type, offset: offset + skip, time, payload: payload.subarray(skip) }
}
