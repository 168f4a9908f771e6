// The segment that is being written.

import { closeSync, ftruncateSync, openSync, rmSync, writeSync } from "node:fs"
import { encodeFrame, FRAME_OVERHEAD, type LogFrame, MAX_COUNTER, MAX_LOG_FRAME } from "../frames/frame.ts"
import { createHeader } from "./header.ts"
import { listSegments, segmentPath } from "./list.ts"

/** Where a frame is laid out before it is written. One for the process: writing is synchronous. */
const scratch = Buffer.allocUnsafeSlow(MAX_LOG_FRAME)

/** A disk without space takes more of the same file later. After anything else (`EIO`, `EFBIG`) another file is tried. */
const NO_SPACE = new Set(["ENOSPC", "EDQUOT"])

/** One write per frame. `bytes` is where the next goes; a frame that was partly written is taken back. */
export class OpenSegment {
  readonly path: string
  readonly base: number
  readonly fd: number
  bytes = 0
  /** Nothing more may be written here: what was partly written could not be taken back, or the file itself is the trouble. */
  spoiled = false
  readonly #key: Buffer
  #counter = 0

  /** Makes the file, with `first` in it. Throws what the system says, and then there is no file. */
  constructor(directory: string, sessionKey: Uint8Array, base: number, first: LogFrame[]) {
    const header = createHeader(sessionKey, base)
    this.base = base
    this.path = freePath(directory, base)
    this.fd = openSync(this.path, "wx", 0o600)
    this.#key = header.key
    try {
      this.#writeAll(header.bytes)
      for (const frame of first) this.write(frame)
    } catch (error) {
      closeSync(this.fd)
      rmSync(this.path, { force: true })
      throw error
    }
  }

  /** Is there room for this frame under `limit`? */
  fits(frame: LogFrame, limit: number): boolean {
    if (this.spoiled || this.#counter >= MAX_COUNTER) return false
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
      this.#takeBack()
      this.spoiled ||= !NO_SPACE.has((error as NodeJS.ErrnoException).code ?? "")
      throw error
    }
    this.bytes += bytes.byteLength
  }

  #takeBack(): void {
    try {
      ftruncateSync(this.fd, this.bytes)
    } catch {
      this.spoiled = true
    }
  }
}

/** A segment may be there already that begins here, when its writer ended before it had output. */
function freePath(directory: string, base: number): string {
  const turns = listSegments(directory).filter(file => file.base === base)
  const last = turns.at(-1)
  return segmentPath(directory, base, last ? last.turn + 1 : 0)
}
