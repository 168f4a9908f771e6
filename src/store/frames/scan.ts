// Finds the frames in a piece of a segment.

import { type FrameHeader, frameEnd, headerAt } from "./frame.ts"

/**
 * `next`: the position behind the last whole frame. `stop`: `short` when the buffer ended there or in the middle of a
 * frame, `bad` when what is there is not a frame. `end`: where the log goes on, `null` without any frame.
 */
export type Scan = { frames: FrameHeader[]; next: number; stop: "short" | "bad"; end: number | null }

/** All frames of `buffer` from position `from` to the first that is not whole. About 100 ns and a CRC each. */
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
