// The segments of a directory as a reader knows them; others come and go while it reads.

import { SegmentIndex } from "./index.ts"
import { listSegments, type SegmentFile } from "./list.ts"

/** Segments whose places are remembered: those that were read last. */
const MOST_INDEXED = 64

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

  /** The last segment that begins before `offset`, or the first. */
  holding(offset: number): SegmentIndex | null {
    return this.#segments.findLast(({ file }) => file.base < offset) ?? this.first
  }

  /** The next one, also behind one that is gone. */
  after({ file }: SegmentIndex): SegmentIndex | null {
    return this.#segments.find(other => comesBefore(file, other.file)) ?? null
  }

  /** Looks at the directory again. */
  refresh(): void {
    const known = new Map(this.#segments.map(index => [index.file.path, index]))
    const files = listSegments(this.#directory)
    this.#segments = files.map(file => known.get(file.path) ?? new SegmentIndex(file, this.#key))
  }

  /** `index` was read; one that was not for long gives up its memory. */
  touch(index: SegmentIndex): void {
    this.#recent.delete(index)
    this.#recent.add(index)
    if (this.#recent.size <= MOST_INDEXED) return
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
  return one.base < other.base || (one.base === other.base && one.turn < other.turn)
}
