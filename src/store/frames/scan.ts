// Finds the frames in a piece of a segment.

import { type FrameHeader, frameEnd, headerAt } from "./frame.ts"

/**
 * `next`: the position after the last whole frame. `stop`: `short` if the buffer ended there or inside a
 * frame, `bad` if something else follows. `end`: the log offset after the last frame, `null` without frames.
 */
export type Scan = { frames: FrameHeader[]; next: number; stop: "short" | "bad"; end: number | null }

/** Returns all frames from position `from` to the first incomplete one. About 100 ns and one CRC each. */
export function scan(buffer: Buffer, from = 0): Scan {
  const frames: FrameHeader[] = []
  let next = from
  for (;;) {
    const header = headerAt(buffer, next)
    if (typeof header === "string") return { frames, next, stop: header, end: lastEnd(frames) }
    frames.push(header)
    next += header.bytes
  }
}

function lastEnd(frames: FrameHeader[]): number | null {
  const last = frames.at(-1)
  return last ? frameEnd(last) : null
}
