// One segment as readers see it: windows onto its frames, and where in the file an offset is.

import { closeSync, openSync, readSync } from "node:fs"
import { type FrameHeader, MAX_LOG_FRAME } from "../frames/frame.ts"
import { type Scan, scan } from "../frames/scan.ts"
import { openHeader, SEGMENT_HEADER_BYTES } from "./header.ts"
import type { SegmentFile } from "./list.ts"

/** Read at once: holds any frame, and takes about a millisecond to check and decrypt. */
const WINDOW = Math.max(256 << 10, MAX_LOG_FRAME)
/** Places are remembered at least this far apart: at most 64 of them in a segment of 8 MiB. */
const MARK_EVERY = 128 << 10

/**
 * Frames in a row: of the file from `start` to `next`, of the log from `from` to `end`. Without frames there is nothing
 * at `start`: not yet, or never when the file has been left behind.
 */
export type Window = {
  index: SegmentIndex
  key: Uint8Array
  buffer: Buffer
  frames: FrameHeader[]
  stop: Scan["stop"]
  header: "good" | "damaged" | "short"
  start: number
  next: number
  from: number
  end: number
}

type Mark = { position: number; offset: number }

export class SegmentIndex {
  readonly file: SegmentFile
  readonly #sessionKey: Uint8Array
  #header: ReturnType<typeof openHeader> = null
  /** Where windows began, in order. */
  #marks: Mark[] = []
  /** The furthest that was read. */
  #known: Mark

  constructor(file: SegmentFile, sessionKey: Uint8Array) {
    this.file = file
    this.#sessionKey = sessionKey
    this.#known = { position: 0, offset: file.base }
  }

  /** The position up to which it was read. */
  get furthest(): number {
    return this.#known.position
  }

  /** Throws `unavailable` when the segment is another key's. */
  checkKey(): void {
    openHeader(this.#sessionKey, this.#readSync(0, SEGMENT_HEADER_BYTES), this.file.path)
  }

  /** The best known position at or before `offset`. */
  positionOf(offset: number): number {
    return this.#marks.findLast(mark => mark.offset < offset)?.position ?? 0
  }

  /** Gives up the memory that finding places takes. */
  forget(): void {
    this.#marks = []
  }

  /** The frames from `position`, which must be 0 or a window's `next`. Null when the file is gone. */
  async window(position: number): Promise<Window | null> {
    try {
      const bytes = await Bun.file(this.file.path)
        .slice(position, position + WINDOW)
        .bytes()
      return this.#take(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), position)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return null
      throw error
    }
  }

  /** Where the log ends in this segment, as of now. Reads only what was not read before. */
  end(): number {
    for (;;) {
      const window = this.#take(this.#readSync(this.#known.position, WINDOW), this.#known.position)
      if (window.frames.length === 0) return this.#known.offset
    }
  }

  #take(buffer: Buffer, start: number): Window {
    if (start === 0) this.#header ??= openHeader(this.#sessionKey, buffer, this.file.path)
    const first = start === 0 ? SEGMENT_HEADER_BYTES : 0
    const { frames, next, stop, end } = scan(buffer, first)
    const from = frames[0]?.offset ?? this.#known.offset
    const key = this.#header?.key ?? NO_KEY
    const window = { index: this, key, buffer, frames, stop, header: this.#health, start, from }
    if (end === null) return { ...window, next: start, end: from }
    this.#note({ position: start, offset: from }, { position: start + next, offset: end })
    return { ...window, next: start + next, end }
  }

  get #health(): Window["header"] {
    if (!this.#header) return "short"
    return this.#header.damaged ? "damaged" : "good"
  }

  #note(begun: Mark, done: Mark): void {
    const last = this.#marks.at(-1)
    if (!last || begun.position >= last.position + MARK_EVERY) this.#marks.push(begun)
    if (done.position > this.#known.position) this.#known = done
  }

  /** Empty when the file is gone. */
  #readSync(position: number, length: number): Buffer {
    try {
      return readPiece(this.file.path, position, length)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return Buffer.alloc(0)
      throw error
    }
  }
}

const NO_KEY = new Uint8Array(32)

function readPiece(path: string, position: number, length: number): Buffer {
  const buffer = Buffer.allocUnsafeSlow(length)
  const fd = openSync(path, "r")
  try {
    return buffer.subarray(0, readSync(fd, buffer, 0, length, position))
  } finally {
    closeSync(fd)
  }
}
