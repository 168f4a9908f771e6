// The end of an existing log, from which its next writer continues.

import { readFileSync } from "node:fs"
import { FRAME_OVERHEAD, type FrameHeader, type LogFrame, payloadOf } from "../frames/frame.ts"
import { decodeMarker, type StreamEnds } from "../frames/frame-facts.ts"
import { type Scan, scan } from "../frames/scan.ts"
import { openHeader, SEGMENT_HEADER_BYTES } from "./header.ts"
import { listSegments } from "./list.ts"

/** `streams`: bytes of each stream so far; counted from the last segment if no earlier one recorded them. */
type LastSegment = { end: number; size: LogFrame | null; streams: StreamEnds }

/**
 * Returns the end of the last good frame and the newest size. Blocks the event loop for one segment, about 10
 * ms; called once, before there is output. Throws `unavailable` if the log was written with another key.
 */
export function lastSegment(directory: string, key: Uint8Array): LastSegment {
  const files = listSegments(directory)
  for (const { path } of files.toReversed()) {
    const buffer = readFileSync(path)
    const header = openHeader(key, buffer, path)
    const scanned = scan(buffer, SEGMENT_HEADER_BYTES)
    const segmentKey = header?.key
    if (scanned.end !== null)
      return {
        end: scanned.end,
        size: segmentKey ? newestSize(segmentKey, buffer, scanned) : null,
        streams: streamEnds(segmentKey, buffer, scanned),
      }
  }
  return { end: files.at(-1)?.base ?? 0, size: null, streams: { stdout: 0, stderr: 0 } }
}

function streamEnds(key: Uint8Array | undefined, buffer: Buffer, { frames }: Scan): StreamEnds {
  let ends: StreamEnds = { stdout: 0, stderr: 0 }
  for (const frame of frames) {
    const { type } = frame
    if (type === "marker") ends = { ...(markedStreams(key, buffer, frame) ?? ends) }
    if (type === "stdout" || type === "stderr") ends[type] += frame.bytes - FRAME_OVERHEAD
  }
  return ends
}

function markedStreams(
  key: Uint8Array | undefined,
  buffer: Buffer,
  frame: FrameHeader,
): StreamEnds | undefined {
  const payload = key && payloadOf(key, buffer, frame)
  return payload ? decodeMarker(payload).streams : undefined
}

function newestSize(key: Uint8Array, buffer: Buffer, { frames }: Scan): LogFrame | null {
  const header = frames.findLast(frame => frame.type === "resize")
  const payload = header && payloadOf(key, buffer, header)
  return payload ? { type: "resize", offset: header.offset, time: header.time, payload } : null
}
