// Retention of a session's segments: drops whole segments, oldest first.

import { rmSync, statSync } from "node:fs"
import { attempt } from "../../core/lib/attempt.ts"
import { listSegments } from "./list.ts"

type RetainedSegment = { path: string; base: number; bytes: number }

/** The closed segments of a directory. With the open one they take at most `limit` plus one segment. */
export class SegmentRetention {
  readonly #limit: number
  #segments: RetainedSegment[]

  constructor(directory: string, limit: number) {
    this.#limit = limit
    this.#segments = listSegments(directory).map(file => ({ ...file, bytes: statSync(file.path).size }))
    this.#trim()
  }

  /** The oldest offset on disk; null without a closed segment. */
  get base(): number | null {
    return this.#segments[0]?.base ?? null
  }

  add({ path, base, bytes }: RetainedSegment): void {
    this.#segments.push({ path, base, bytes })
    this.#trim()
  }

  /** Drops whole segments, oldest first. A segment that cannot be removed is no longer counted. */
  #trim(): void {
    let total = this.#segments.reduce((sum, segment) => sum + segment.bytes, 0)
    while (total > this.#limit) {
      const oldest = this.#segments.shift()!
      total -= oldest.bytes
      // After a disk error the file stays readable as part of the log and is removed with the session.
      attempt(() => rmSync(oldest.path, { force: true }))
    }
  }
}
