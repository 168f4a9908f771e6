// Size limits of a log on disk and of its segments.

import { FRAME_OVERHEAD, MAX_PAYLOAD } from "../frames/frame.ts"
import { SEGMENT_HEADER_BYTES } from "./header.ts"

/** Default bytes of output on disk per session. */
export const DISK_LIMIT = 64 << 20
/** Default bytes on disk for all sessions together. */
export const DISK_TOTAL = 4 * 1024 ** 3
const SEGMENT_BYTES = 8 << 20
/** A limit is divided into at least this many segments, so that dropping one leaves most of the output. */
const MIN_SEGMENTS = 4
const MIN_SEGMENT_BYTES = 4096
/** Space in each segment for its header and the facts that it repeats: the size and the stream lengths. */
const RESERVE = SEGMENT_HEADER_BYTES + 8 * FRAME_OVERHEAD

/** In bytes. `piece` is the longest payload that always fits in a segment. */
export type Sizes = { limit: number; segmentBytes: number; piece: number }

/** Raises a limit below 16 KiB to 16 KiB. */
export function planSizes(limit = DISK_LIMIT, segmentBytes = SEGMENT_BYTES): Sizes {
  const total = Math.max(limit, MIN_SEGMENT_BYTES * MIN_SEGMENTS)
  const segment = Math.max(MIN_SEGMENT_BYTES, Math.min(segmentBytes, total / MIN_SEGMENTS))
  return { limit: total, segmentBytes: segment, piece: Math.min(MAX_PAYLOAD, segment - RESERVE) }
}
