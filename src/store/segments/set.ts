// A reader's list of the segments in a directory, which can change while it reads.

import { SegmentIndex } from "./index.ts"
import { listSegments, type SegmentFile } from "./list.ts"

/** Segments that keep their index in memory: the most recently read ones. */
const MAX_INDEXED = 64

export class SegmentSet {
  readonly #directory: string
  readonly #key: Uint8Array
  #segments: SegmentIndex[] = []
  readonly #recent = new Set<SegmentIndex>()

  constructor(directory: string, key: Uint8Array) {
    this.#directory = directory
    this.#key = key
    this.refresh()
  }

  get first(): SegmentIndex | null {
    return this.#segments[0] ?? null
  }

  get last(): SegmentIndex | null {
    return this.#segments.at(-1) ?? null
  }

  /** Returns the last segment that starts before `offset`, or the first. */
  holding(offset: number): SegmentIndex | null {
    return this.#segments.findLast(({ file }) => file.base < offset) ?? this.first
  }

  /** Returns the next segment, even if the given one was removed. */
  after({ file }: SegmentIndex): SegmentIndex | null {
    return this.#segments.find(other => comesBefore(file, other.file)) ?? null
  }

  /** Reads the directory again. */
  refresh(): void {
    const known = new Map(this.#segments.map(index => [index.file.path, index]))
    const files = listSegments(this.#directory)
    this.#segments = files.map(file => known.get(file.path) ?? new SegmentIndex(file, this.#key))
  }

  /** Marks `index` as recently read, and frees the index of the least recently read segment. */
  touch(index: SegmentIndex): void {
    this.#recent.delete(index)
    this.#recent.add(index)
    if (this.#recent.size <= MAX_INDEXED) return
    const [oldest] = this.#recent
    oldest!.forget()
    this.#recent.delete(oldest!)
  }

  clear(): void {
    this.#segments = []
    this.#recent.clear()
  }
}

function comesBefore(one: SegmentFile, other: SegmentFile): boolean {
  return one.base < other.base || (one.base === other.base && one.serial < other.serial)
}
