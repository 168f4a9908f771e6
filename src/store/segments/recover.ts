// Checks a log after its writer ended: reads its facts, finds damage and truncates a partly written end.

import { stat, truncate } from "node:fs/promises"
import { nextTurn, turnOver } from "../../core/lib/turns.ts"
import type { ExitStatus, Size } from "../../core/session/backend.ts"
import { type FrameHeader, isOutput, payloadOf } from "../frames/frame.ts"
import { decodeExit, decodeMarker, decodeSize } from "../frames/frame-facts.ts"
import { SEGMENT_HEADER_BYTES } from "./header.ts"
import { SegmentIndex, type Window } from "./index.ts"
import { listSegments, type SegmentFile } from "./list.ts"

/** `position`: the first unreadable byte of `file`. */
type Damage = { file: string; position: number; reason: string }

/** `exit` (`at` in ms since 1970) and `size` are the newest. `damage` is the first, oldest data first. */
type Recovered = {
  base: number
  end: number
  exit: (ExitStatus & { at: number }) | null
  size: Size | null
  damage: Damage | null
}

/** The part of a segment after its last good frame, from `position` on. */
type Remainder = {
  file: string
  position: number
  bytes: number
  stop: Window["stop"]
  header: Window["header"]
}

/**
 * Requires that no process writes the log. Truncates the newest segment after its last good frame; unreadable
 * parts of older segments stay and become gaps. Throws `unavailable`, without changes, if the log was written
 * with another key.
 */
export async function recoverLog(directory: string, key: Uint8Array): Promise<Recovered> {
  const files = listSegments(directory)
  const base = files[0]?.base ?? 0
  const result: Recovered = { base, end: base, exit: null, size: null, damage: null }
  let remainder: Remainder | null = null
  for (const file of files) {
    const harmless = remainder && remainder.stop === "short" && file.base === result.end
    if (remainder && !harmless) result.damage ??= damageOf(remainder)
    remainder = await scanSegment(file, key, result)
  }
  if (remainder) result.damage ??= damageOf(remainder)
  if (remainder && remainder.bytes > 0) await truncate(remainder.file, remainder.position)
  return result
}

/** Reads a whole segment and stores its facts in `result`. */
async function scanSegment(file: SegmentFile, key: Uint8Array, result: Recovered): Promise<Remainder | null> {
  const index = new SegmentIndex(file, key)
  result.end = Math.max(result.end, file.base)
  let window = await index.window(0)
  while (window && window.frames.length > 0) {
    for (const frame of window.frames) readFact(frame, window, result)
    result.end = Math.max(result.end, window.end)
    if (turnOver()) await nextTurn()
    window = await index.window(window.next)
  }
  return window && (await remainderOf(window))
}

async function remainderOf({ index, next, stop, header }: Window): Promise<Remainder> {
  const file = index.file.path
  const position = next > 0 || header === "short" ? next : SEGMENT_HEADER_BYTES
  const { size } = await stat(file)
  return { file, position, bytes: size - position, stop, header }
}

/** A later `relaunch` marker cancels an exit. */
function readFact(frame: FrameHeader, { key, buffer }: Window, result: Recovered): void {
  if (isOutput(frame.type)) return
  const payload = payloadOf(key, buffer, frame)
  if (!payload) return
  if (frame.type === "resize") result.size = decodeSize(payload) ?? result.size
  if (frame.type === "exit") {
    const exit = decodeExit(payload)
    result.exit = exit ? { ...exit, at: frame.time } : result.exit
  }
  if (frame.type === "marker" && decodeMarker(payload).relaunch !== undefined) result.exit = null
}

function damageOf({ file, position, bytes, stop, header }: Remainder): Damage | null {
  if (header === "damaged") return { file, position: 0, reason: "the segment's header is damaged" }
  if (bytes <= 0) return null
  const reason = stop === "short" ? "the last frame is cut off" : "a frame is damaged"
  return { file, position, reason }
}
