// Where a log that is already on disk goes on, for its next writer.

import { readFileSync } from "node:fs"
import { type Frame, payloadOf } from "./frames.ts"
import { type Scan, scan } from "./scan.ts"
import { openHeader, SEGMENT_HEADER_BYTES } from "./segment-header.ts"
import { listSegments } from "./segment-list.ts"

export type LastSegment = { end: number; size: Frame | null }

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
    if (found.end !== null) return { end: found.end, size: opened && newestSize(opened.key, buffer, found) }
  }
  return { end: files.at(-1)?.base ?? 0, size: null }
}

function newestSize(key: Uint8Array, buffer: Buffer, { frames }: Scan): Frame | null {
  const header = frames.findLast(frame => frame.type === "resize")
  const payload = header && payloadOf(key, buffer, header)
  return payload ? { type: "resize", offset: header.offset, time: header.time, payload } : null
}
