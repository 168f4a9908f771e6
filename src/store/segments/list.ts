// Lists the segments of a directory: files named after the offset of their first byte.

import { readdirSync } from "node:fs"
import { join } from "node:path"

/** `serial` distinguishes segments with the same base; the earlier one never had output. */
export type SegmentFile = { path: string; base: number; serial: number }

const NAME = /^(\d{16})(?:-(\d+))?\.seg$/

export function segmentPath(directory: string, base: number, serial: number): string {
  const name = String(base).padStart(16, "0")
  return join(directory, serial === 0 ? `${name}.seg` : `${name}-${serial}.seg`)
}

/** Returns the oldest first; empty if the directory is missing. About 20 us for a session at its limit. */
export function listSegments(directory: string): SegmentFile[] {
  const files: SegmentFile[] = []
  for (const name of entries(directory)) {
    const match = NAME.exec(name)
    if (match)
      files.push({ path: join(directory, name), base: Number(match[1]), serial: Number(match[2] ?? 0) })
  }
  return files.sort((a, b) => a.base - b.base || a.serial - b.serial)
}

function entries(directory: string): string[] {
  try {
    return readdirSync(directory)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return []
    throw error
  }
}
