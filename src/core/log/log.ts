// Byte log: the output bytes of a session at absolute offsets. The newest `limit` bytes stay in memory.

import { ownsBuffer } from "../lib/memory.ts"

/** Chunks of this size are stored as they are, smaller ones are joined. Half a PTY read under load. */
const ADOPT = 4096
const FIRST_BLOCK = 1024
const LARGEST_BLOCK = 65536

/**
 * Append-only. Appending past `limit` moves `base`. Views stay valid and unchanged: memory is never reused,
 * and a block grows only after them. With `frees`, trimmed bytes are freed, and views of them become empty.
 */
export class ByteLog {
  #limit: number
  readonly #frees: boolean
  #chunks: Uint8Array[] = []
  #starts: number[] = []
  /** The block of the last chunk, if it has one: its end is free capacity. */
  #block: Uint8Array | null = null
  #base = 0
  #end = 0

  /** `start` is the offset of the first byte; not 0 when older output is on disk. */
  constructor(limit: number, start = 0, { frees = false } = {}) {
    this.#limit = limit
    this.#frees = frees
    this.#base = start
    this.#end = start
  }

  get limit(): number {
    return this.#limit
  }

  /** A lower limit trims at once. */
  set limit(bytes: number) {
    this.#limit = bytes
    if (this.#end - this.#base > bytes) this.#trim()
  }

  get base(): number {
    return this.#base
  }

  get end(): number {
    return this.#end
  }

  /** Takes ownership of `bytes`. */
  append(bytes: Uint8Array): void {
    if (bytes.byteLength === 0) return
    if (this.#adopts(bytes)) this.#push(bytes, null)
    else this.#coalesce(bytes)
    this.#end += bytes.byteLength
    if (this.#end - this.#base > this.#limit) this.#trim()
  }

  /** Drops all bytes and continues at `offset`, which is not before the end. */
  skipTo(offset: number): void {
    this.#chunks = []
    this.#starts = []
    this.#block = null
    this.#base = offset
    this.#end = offset
  }

  /** Returns the longest stored run at `offset` (in `base..end`), without copying. Empty at the end. */
  read(offset: number, max = Number.POSITIVE_INFINITY): Uint8Array {
    if (offset >= this.#end) return EMPTY
    const i = this.#find(offset)
    const from = offset - this.#starts[i]!
    const chunk = this.#chunks[i]!
    return from === 0 && chunk.byteLength <= max ? chunk : chunk.subarray(from, from + max)
  }

  /** Returns up to `max` bytes from `offset` in one array. Copies when they are stored in several. */
  slice(offset: number, max: number): Uint8Array {
    const first = this.read(offset, max)
    const want = Math.min(max, this.#end - offset)
    if (first.byteLength >= want) return first
    const all = new Uint8Array(want)
    for (let at = 0; at < want; ) {
      const run = this.read(offset + at, want - at)
      all.set(run, at)
      at += run.byteLength
    }
    return all
  }

  #adopts(bytes: Uint8Array): boolean {
    if (bytes.byteLength < ADOPT) return false
    return this.#frees ? ownsBuffer(bytes) : bytes.buffer.byteLength <= 2 * bytes.byteLength
  }

  #push(bytes: Uint8Array, block: Uint8Array | null): void {
    this.#chunks.push(bytes)
    this.#starts.push(this.#end)
    this.#block = block
  }

  #coalesce(bytes: Uint8Array): void {
    const last = this.#chunks.length - 1
    const used = this.#block ? this.#chunks[last]!.byteLength : 0
    if (this.#block && used + bytes.byteLength <= this.#block.byteLength) {
      this.#block.set(bytes, used)
      this.#chunks[last] = this.#block.subarray(0, used + bytes.byteLength)
      return
    }
    const capacity = this.#block ? Math.min(LARGEST_BLOCK, this.#block.byteLength * 2) : FIRST_BLOCK
    const block = new Uint8Array(Math.max(capacity, bytes.byteLength))
    block.set(bytes)
    this.#push(block.subarray(0, bytes.byteLength), block)
  }

  /** Drops bytes above the limit. The base moves exactly, memory is freed by whole chunks. */
  #trim(): void {
    this.#base = this.#end - this.#limit
    let gone = 0
    while (gone < this.#chunks.length - 1 && this.#starts[gone + 1]! <= this.#base) gone++
    if (gone === 0) return
    const dropped = this.#chunks.splice(0, gone)
    this.#starts.splice(0, gone)
    if (this.#frees) for (const { buffer } of dropped) (buffer as ArrayBuffer).transfer(0)
  }

  /** Returns the index of the chunk with `offset`: first tries the newest, where live readers are. */
  #find(offset: number): number {
    let high = this.#starts.length - 1
    if (offset >= this.#starts[high]!) return high
    let low = 0
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if (this.#starts[middle]! <= offset) low = middle
      else high = middle - 1
    }
    return low
  }
}

const EMPTY = new Uint8Array(0)
