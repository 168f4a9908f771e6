// How large the parts of a log are.

import { SEGMENT_HEADER_BYTES } from "../segments/header.ts"
import { FRAME_OVERHEAD, MAX_PAYLOAD } from "./frame.ts"

/** Output kept on disk per session unless told otherwise, in bytes. */
export const DISK_LIMIT = 64 << 20
/** The same for all sessions together. */
export const DISK_TOTAL = 4 * 1024 ** 3
const SEGMENT_BYTES = 8 << 20
/** A limit is cut into at least this many segments, so that dropping one leaves most of the tail. */
const LEAST_SEGMENTS = 4
const SMALLEST_SEGMENT = 4096
/** What else a segment must have room for: the repeated size and how far the streams had got. */
const RESERVE = SEGMENT_HEADER_BYTES + 8 * FRAME_OVERHEAD

/** Bytes on disk, and `piece`: the longest payload that surely fits a segment. */
export type Sizes = { limit: number; segmentBytes: number; piece: number }

/** A limit below 16 KiB is taken as that. */
export function planSizes(limit = DISK_LIMIT, segmentBytes = SEGMENT_BYTES): Sizes {
  const most = Math.max(limit, SMALLEST_SEGMENT * LEAST_SEGMENTS)
  const each = Math.max(SMALLEST_SEGMENT, Math.min(segmentBytes, most / LEAST_SEGMENTS))
  return { limit: most, segmentBytes: each, piece: Math.min(MAX_PAYLOAD, each - RESERVE) }
}
