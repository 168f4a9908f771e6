// The segment that is being written.

import { closeSync, ftruncateSync, openSync, rmSync, writeSync } from "node:fs"
import { encodeFrame, FRAME_OVERHEAD, type LogFrame, MAX_COUNTER, MAX_LOG_FRAME } from "../frames/frame.ts"
import { createHeader } from "./header.ts"
import { listSegments, segmentPath } from "./list.ts"

/** Buffer for encoding frames. One per process is enough because writing is synchronous. */
const scratch = Buffer.allocUnsafeSlow(MAX_LOG_FRAME)

/** A full disk may take more of a file later. After other errors (`EIO`, `EFBIG`) a new file is tried. */
const NO_SPACE = new Set(["ENOSPC", "EDQUOT"])

/** Writes each frame with one call. `bytes` is the next position; a partly written frame is removed again. */
export class OpenSegment {
  readonly path: string
  readonly base: number
  readonly fd: number
  bytes = 0
  /** No more writes: a partly written frame could not be removed, or the file itself fails. */
  unusable = false
  readonly #key: Buffer
  #counter = 0

  /** Creates the file and writes `head` to it. Removes the file and throws on an error. */
  constructor(directory: string, sessionKey: Uint8Array, base: number, head: LogFrame[]) {
    const header = createHeader(sessionKey, base)
    this.base = base
    this.path = freePath(directory, base)
    this.fd = openSync(this.path, "wx", 0o600)
    this.#key = header.key
    try {
      this.#writeAll(header.bytes)
      for (const frame of head) this.write(frame)
    } catch (error) {
      closeSync(this.fd)
      rmSync(this.path, { force: true })
      throw error
    }
  }

  /** True if this frame fits under `limit`. */
  fits(frame: LogFrame, limit: number): boolean {
    if (this.unusable || this.#counter >= MAX_COUNTER) return false
    return this.bytes + FRAME_OVERHEAD + frame.payload.byteLength <= limit
  }

  write(frame: LogFrame): void {
    this.#writeAll(encodeFrame(this.#key, frame, ++this.#counter, scratch))
  }

  #writeAll(bytes: Buffer): void {
    try {
      for (let at = 0; at < bytes.byteLength; )
        at += writeSync(this.fd, bytes, at, bytes.byteLength - at, this.bytes + at)
    } catch (error) {
      this.#undoPartialWrite()
      this.unusable ||= !NO_SPACE.has((error as NodeJS.ErrnoException).code ?? "")
      throw error
    }
    this.bytes += bytes.byteLength
  }

  #undoPartialWrite(): void {
    try {
      ftruncateSync(this.fd, this.bytes)
    } catch {
      this.unusable = true
    }
  }
}

/** A segment with this base already exists if its writer ended before it had output. */
function freePath(directory: string, base: number): string {
  const existing = listSegments(directory).filter(file => file.base === base)
  const last = existing.at(-1)
  return segmentPath(directory, base, last ? last.serial + 1 : 0)
}
