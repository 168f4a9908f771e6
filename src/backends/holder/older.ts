// A held session's log on disk, as the server reads it: what memory no longer has.

import type { Archive } from "../../core/archive.ts"
import type { Sink } from "../../core/backend.ts"
import { listSegments } from "../../store/segment-list.ts"
import { SegmentReader } from "../../store/segment-reader.ts"
import type { OlderOutput } from "./held.ts"

/** How long what the directory lists is believed, in ms: the holder drops a segment every few MiB at most. */
const BELIEVED_MS = 250

export class DiskArchive implements Archive, OlderOutput {
  #reader: SegmentReader
  #listed = { base: 0, at: Number.NEGATIVE_INFINITY }

  /** Throws `unavailable` for a wrong key. */
  constructor(directory: string, key: Uint8Array) {
    this.#reader = new SegmentReader(directory, key)
  }

  get base(): number {
    const now = performance.now()
    if (now - this.#listed.at > BELIEVED_MS)
      this.#listed = { base: listSegments(this.#reader.directory)[0]?.base ?? 0, at: now }
    return this.#listed.base
  }

  /** Where the log on disk ends now. */
  async end(): Promise<number> {
    await this.#reader.catchUp()
    return this.#reader.bounds().end
  }

  read(offset: number, max: number): Promise<{ offset: number; bytes: Uint8Array }> {
    return this.#reader.read(offset, max)
  }

  async replay(from: number, to: number, sink: Sink): Promise<number> {
    let next = from
    for await (const { type, offset, payload } of this.#reader.frames(from)) {
      if (offset >= to) break
      if (type !== "pty" && type !== "stdout" && type !== "stderr") continue
      if (offset > next) sink.skip?.(offset)
      sink.output(payload.subarray(0, to - offset), type)
      next = offset + Math.min(payload.length, to - offset)
    }
    return next
  }

  close(): void {
    this.#reader.close()
  }
}
