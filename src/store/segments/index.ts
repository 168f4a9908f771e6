// One segment for readers: windows onto its frames, and an index from offsets to file positions.

import { closeSync, openSync, readSync } from "node:fs"
import { readSlice } from "#runtime/files.ts"
import { type FrameHeader, MAX_LOG_FRAME } from "../frames/frame.ts"
import { type Scan, scan } from "../frames/scan.ts"
import { openHeader, SEGMENT_HEADER_BYTES } from "./header.ts"
import type { SegmentFile } from "./list.ts"

/** Bytes read at once: holds any frame, and takes about a millisecond to check and decrypt. */
const WINDOW = Math.max(256 << 10, MAX_LOG_FRAME)
/** Smallest distance between indexed positions, in bytes: at most 64 of them in a segment of 8 MiB. */
const MARK_EVERY = 128 << 10

/**
 * Consecutive frames: bytes `start` to `next` of the file, offsets `from` to `end` of the log. Without frames
 * there is nothing at `start` yet, or never will be if a newer segment exists.
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
  /** Start positions of windows, in order. */
  #marks: Mark[] = []
  /** The furthest position read so far. */
  #scanned: Mark

  constructor(file: SegmentFile, sessionKey: Uint8Array) {
    this.file = file
    this.#sessionKey = sessionKey
    this.#scanned = { position: 0, offset: file.base }
  }

  /** The file position up to which this segment was read. */
  get furthest(): number {
    return this.#scanned.position
  }

  /** Throws `unavailable` if the segment was written with another key. */
  checkKey(): void {
    openHeader(this.#sessionKey, this.#readSync(0, SEGMENT_HEADER_BYTES), this.file.path)
  }

  /** Returns the best known position at or before `offset`. */
  positionOf(offset: number): number {
    return this.#marks.findLast(mark => mark.offset < offset)?.position ?? 0
  }

  /** Frees the memory of the index. */
  forget(): void {
    this.#marks = []
  }

  /** Returns the frames from `position`, which is 0 or a window's `next`; null if the file was removed. */
  async window(position: number): Promise<Window | null> {
    try {
      const bytes = await readSlice(this.file.path, position, WINDOW)
      return this.#take(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), position)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return null
      throw error
    }
  }

  /** Returns the current end of the log in this segment. Reads only what is new. */
  end(): number {
    for (;;) {
      const window = this.#take(this.#readSync(this.#scanned.position, WINDOW), this.#scanned.position)
      if (window.frames.length === 0) return this.#scanned.offset
    }
  }

  #take(buffer: Buffer, start: number): Window {
    if (start === 0) this.#header ??= openHeader(this.#sessionKey, buffer, this.file.path)
    const first = start === 0 ? SEGMENT_HEADER_BYTES : 0
    const { frames, next, stop, end } = scan(buffer, first)
    const from = frames[0]?.offset ?? this.#scanned.offset
    const key = this.#header?.key ?? NO_KEY
    const window = { index: this, key, buffer, frames, stop, header: this.#headerState, start, from }
    if (end === null) return { ...window, next: start, end: from }
    this.#remember({ position: start, offset: from }, { position: start + next, offset: end })
    return { ...window, next: start + next, end }
  }

  get #headerState(): Window["header"] {
    if (!this.#header) return "short"
    return this.#header.damaged ? "damaged" : "good"
  }

  #remember(start: Mark, end: Mark): void {
    const last = this.#marks.at(-1)
    if (!last || start.position >= last.position + MARK_EVERY) this.#marks.push(start)
    if (end.position > this.#scanned.position) this.#scanned = end
  }

  /** Returns an empty buffer if the file was removed. */
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
