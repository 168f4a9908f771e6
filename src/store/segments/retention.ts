// How much of a log stays: whole segments, the newest of them.

import { rmSync, statSync } from "node:fs"
import { listSegments } from "./list.ts"

type RetainedSegment = { path: string; base: number; bytes: number }

/** The closed segments of a directory. With the one that is written, files never take more than `limit` and a segment. */
export class SegmentRetention {
  readonly #limit: number
  #kept: RetainedSegment[]

  constructor(directory: string, limit: number) {
    this.#limit = limit
    this.#kept = listSegments(directory).map(file => ({ ...file, bytes: statSync(file.path).size }))
    this.trim()
  }

  /** The oldest offset kept; null without a closed segment. */
  get base(): number | null {
    return this.#kept[0]?.base ?? null
  }

  add({ path, base, bytes }: RetainedSegment): void {
    this.#kept.push({ path, base, bytes })
    this.trim()
  }

  /** Whole segments go, oldest first. One that cannot be removed is counted no more. */
  trim(): void {
    let total = this.#kept.reduce((sum, segment) => sum + segment.bytes, 0)
    while (total > this.#limit) {
      const oldest = this.#kept.shift()!
      total -= oldest.bytes
      remove(oldest.path)
    }
  }
}

function remove(path: string): void {
  try {
    rmSync(path, { force: true })
  } catch {
    // A disk in trouble: what stays is read as part of the log, and taken away with the session.
  }
}
