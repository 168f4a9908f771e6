// Looks a log over after its writer ended, however it ended: what it holds, what is damaged, and a clean end to go on from.

import { stat, truncate } from "node:fs/promises"
import { nextTurn, turnOver } from "../../core/lib/turns.ts"
import type { ExitStatus, Size } from "../../core/session/backend.ts"
import { type FrameHeader, isOutput, payloadOf } from "../frames/frame.ts"
import { decodeExit, decodeMarker, decodeSize } from "../frames/frame-facts.ts"
import { SEGMENT_HEADER_BYTES } from "./header.ts"
import { SegmentIndex, type Window } from "./index.ts"
import { listSegments, type SegmentFile } from "./list.ts"

/** `position`: where in `file` the first thing is that cannot be read. */
export type Damage = { file: string; position: number; reason: string }

/** `exit` (with its time, in ms since 1970) and `size` are the last that were written. `damage` is the first that was met, the oldest data first. */
export type Recovered = {
  base: number
  end: number
  exit: (ExitStatus & { at: number }) | null
  size: Size | null
  damage: Damage | null
}

/** What is left of a segment behind its last good frame; `position` is where it begins. */
type Rest = { file: string; position: number; bytes: number; stop: Window["stop"]; header: Window["header"] }

/**
 * Only for a log that nobody writes. Cuts the newest segment behind its last good frame; in an older one, what cannot be
 * read stays, as a gap. Throws `unavailable` for another key's log, and then nothing was changed.
 */
export async function recoverLog(directory: string, key: Uint8Array): Promise<Recovered> {
  const files = listSegments(directory)
  const base = files[0]?.base ?? 0
  const found: Recovered = { base, end: base, exit: null, size: null, damage: null }
  let rest: Rest | null = null
  for (const file of files) {
    const harmless = rest && rest.stop === "short" && file.base === found.end
    if (rest && !harmless) found.damage ??= damageOf(rest)
    rest = await inspect(file, key, found)
  }
  if (rest) found.damage ??= damageOf(rest)
  if (rest && rest.bytes > 0) await truncate(rest.file, rest.position)
  return found
}

/** Reads one segment through, and notes in `found` what it says. */
async function inspect(file: SegmentFile, key: Uint8Array, found: Recovered): Promise<Rest | null> {
  const index = new SegmentIndex(file, key)
  found.end = Math.max(found.end, file.base)
  let window = await index.window(0)
  while (window && window.frames.length > 0) {
    for (const frame of window.frames) note(frame, window, found)
    found.end = Math.max(found.end, window.end)
    if (turnOver()) await nextTurn()
    window = await index.window(window.next)
  }
  return window && (await restOf(window))
}

async function restOf({ index, next, stop, header }: Window): Promise<Rest> {
  const file = index.file.path
  const position = next > 0 || header === "short" ? next : SEGMENT_HEADER_BYTES
  const { size } = await stat(file)
  return { file, position, bytes: size - position, stop, header }
}

/** An exit that another process followed is no longer the session's. */
function note(frame: FrameHeader, { key, buffer }: Window, found: Recovered): void {
  if (isOutput(frame.type)) return
  const payload = payloadOf(key, buffer, frame)
  if (!payload) return
  if (frame.type === "resize") found.size = decodeSize(payload) ?? found.size
  if (frame.type === "exit") {
    const exit = decodeExit(payload)
    found.exit = exit ? { ...exit, at: frame.time } : found.exit
  }
  if (frame.type === "marker" && decodeMarker(payload).relaunch !== undefined) found.exit = null
}

function damageOf({ file, position, bytes, stop, header }: Rest): Damage | null {
  if (header === "damaged") return { file, position: 0, reason: "the segment's header is damaged" }
  if (bytes <= 0) return null
  const reason = stop === "short" ? "the last frame is cut off" : "a frame is damaged"
  return { file, position, reason }
}
