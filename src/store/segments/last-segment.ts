// Where a log that is already on disk goes on, for its next writer.

import { readFileSync } from "node:fs"
import { FRAME_OVERHEAD, type FrameHeader, type LogFrame, payloadOf } from "../frames/frame.ts"
import { decodeMarker, type StreamEnds } from "../frames/frame-facts.ts"
import { type Scan, scan } from "../frames/scan.ts"
import { openHeader, SEGMENT_HEADER_BYTES } from "./header.ts"
import { listSegments } from "./list.ts"

/** `streams`: how far each stream has got; as of that segment when an earlier one does not say. */
export type LastSegment = { end: number; size: LogFrame | null; streams: StreamEnds }

/**
 * The end of the last good frame, and the newest size. Holds the event loop for one segment, some 10 ms; done once, before
 * there is output. Throws `unavailable` for another key's log.
 */
export function lastSegment(directory: string, key: Uint8Array): LastSegment {
  const files = listSegments(directory)
  for (const { path } of files.toReversed()) {
    const buffer = readFileSync(path)
    const opened = openHeader(key, buffer, path)
    const found = scan(buffer, SEGMENT_HEADER_BYTES)
    const opener = opened?.key
    if (found.end !== null)
      return {
        end: found.end,
        size: opener ? newestSize(opener, buffer, found) : null,
        streams: streamEnds(opener, buffer, found),
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
