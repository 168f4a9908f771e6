// Log reader: a session's output at any offset, from memory or from disk. The only caller of `Archive.read`.

import type { SessionOutput } from "../session/output.ts"
import type { Chunk } from "./archive.ts"
import type { GapReason } from "./gap.ts"
import type { ByteLog } from "./log.ts"

/** Bytes read from disk at a time. A busy pipe delivers chunks up to this long, which are not cut. */
export const MAX_CHUNK = 256 << 10
/** A stored run shorter than this is joined with the runs after it: a slow reader gets few chunks. */
const SHORT = 16 << 10
const JOINED = 64 << 10
const EMPTY = new Uint8Array(0)
const UNREADABLE: Chunk = { offset: 0, bytes: EMPTY, gap: "damage" }

export class LogReader {
  readonly #output: SessionOutput
  /** The chunk read from disk last, with the offset asked for. */
  #older: (Chunk & { asked: number }) | null = null

  constructor({ output }: { readonly output: SessionOutput }) {
    this.#output = output
  }

  /**
   * Returns at most `max` bytes at `offset` without waiting; empty at the end. A chunk at a later offset
   * means a gap up to it. Returns null when the bytes are on disk: await `fetch`, then call again.
   */
  peek(offset: number, max = MAX_CHUNK): Chunk | null {
    const { log, archive } = this.#output
    if (offset >= log.base) {
      this.#older = null
      return { offset, bytes: runOf(log, offset, max), gap: null }
    }
    if (!archive || offset < archive.base) return { offset: this.#output.base, bytes: EMPTY, gap: "trimmed" }
    return this.#fetched(offset, max)
  }

  /** Reads `length` bytes at `offset` from disk for `peek`. Never rejects: what cannot be read is a gap. */
  async fetch(offset: number, length = MAX_CHUNK): Promise<void> {
    const chunk = (await this.#output.archive?.read(offset, length).catch(() => UNREADABLE)) ?? UNREADABLE
    this.#older = { ...chunk, asked: offset }
    if (chunk.bytes.length > 0) return
    // nothing readable up to memory, which has what follows
    this.#older.offset = this.#output.log.base
    this.#older.gap ??= "disk"
  }

  /**
   * Returns `length` bytes (at least 1) from `offset`, or from the next available one; fewer only before a
   * gap and at the end. Waits for the disk.
   */
  async read(offset: number, length: number): Promise<Chunk> {
    const { log } = this.#output
    let gap: GapReason | null = null
    for (let at = offset; ; ) {
      if (at >= log.base) return { offset: at, bytes: log.slice(at, length), gap }
      const known = this.peek(at, length)
      const enough = known && (known.offset > at || known.bytes.length === length)
      if (!enough) await this.fetch(at, Math.max(MAX_CHUNK, length))
      const chunk = enough ? known : this.peek(at, length)
      gap ??= chunk?.gap ?? null
      if (chunk && chunk.bytes.length > 0) return { ...chunk, gap }
      at = Math.max(at, chunk?.offset ?? at)
    }
  }

  #fetched(offset: number, max: number): Chunk | null {
    const older = this.#older
    if (!older || offset < older.asked || offset >= older.offset + older.bytes.length) return null
    const at = Math.max(offset, older.offset)
    const from = at - older.offset
    return { offset: at, bytes: older.bytes.subarray(from, from + max), gap: at > offset ? older.gap : null }
  }
}

/** Returns a stored run without copying, or several short ones as a copy. */
function runOf(log: ByteLog, offset: number, max: number): Uint8Array {
  const run = log.read(offset, max)
  return run.byteLength < SHORT ? log.slice(offset, Math.min(max, JOINED)) : run
}
