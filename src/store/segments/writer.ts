// Writes a session's log to disk: frames into segments, old segments away, and never in the way of the output.

import { PtylineError } from "../../core/lib/errors.ts"
import { copyOf } from "../../core/lib/memory.ts"
import { type FrameType, isOutput, type LogFrame } from "../frames/frame.ts"
import { encodeMarker, type StreamEnds } from "../frames/frame-facts.ts"
import { planSizes, type Sizes } from "../frames/sizes.ts"
import { PendingFacts } from "../state/pending-facts.ts"
import { DiskFault } from "./disk-fault.ts"
import { OpenSegment } from "./file.ts"
import { lastSegment } from "./last-segment.ts"
import { SegmentRetention } from "./retention.ts"
import { Syncer, type SyncPolicy } from "./sync.ts"

const EMPTY = new Uint8Array(0)

/**
 * `limit` and `segmentBytes` are bytes on disk: 64 MiB and 8 MiB when not said. `sync` is `interval`, every second. `start`:
 * where output goes on when the disk did not take all there was before.
 */
export type SegmentOptions = Partial<Pick<Sizes, "limit" | "segmentBytes">> & {
  sync?: SyncPolicy
  start?: number
}

/**
 * The one writer of a directory. Whatever the disk says, `append` does not throw and the offsets go on: what could not
 * be written is a hole that readers report as a gap. It never goes on with an earlier writer's segment. Throws
 * `unavailable` when the directory has a log under another key.
 */
export class SegmentWriter {
  readonly directory: string
  readonly #key: Uint8Array
  readonly #sizes: Sizes
  readonly #syncer: Syncer
  readonly #retention: SegmentRetention
  readonly #trouble = new DiskFault()
  readonly #owed = new PendingFacts()
  #open: OpenSegment | null = null
  #end: number
  /** The newest `resize`: every segment begins with it, so that it outlives the one it was written to. */
  #size: LogFrame | null
  /** Bytes of the separate streams so far. */
  #streams: StreamEnds
  #hole = false
  #retry: ReturnType<typeof setTimeout> | null = null
  #closed = false

  constructor(directory: string, key: Uint8Array, options: SegmentOptions = {}) {
    this.directory = directory
    this.#key = key
    this.#sizes = planSizes(options.limit, options.segmentBytes)
    this.#syncer = new Syncer(options.sync ?? "interval")
    const { end, size, streams } = lastSegment(directory, key)
    this.#end = Math.max(end, options.start ?? 0)
    this.#hole = this.#end > end
    this.#size = size
    this.#streams = streams
    this.#retention = new SegmentRetention(directory, this.#sizes.limit)
  }

  /** The oldest offset on disk. */
  get base(): number {
    return this.#retention.base ?? this.#open?.base ?? this.#end
  }

  /** The offset of the next byte; counts bytes that the disk did not take. */
  get end(): number {
    return this.#end
  }

  /** What the disk said when it last refused (null: all is well), how often it did, and how many bytes it never got. */
  get trouble(): { code: string | null; refused: number; lost: number } {
    const { code, refused, lost } = this.#trouble
    return { code, refused, lost }
  }

  /** Output at the end of the log, or a fact about this place in it. `payload` is not kept. */
  append(type: FrameType, payload: Uint8Array, time = Date.now()): void {
    if (this.#closed) return
    if (isOutput(type)) this.#output(type, payload, time)
    else this.#fact({ type, offset: this.#end, time, payload })
  }

  /** Waits until all that was written is on the disk itself. */
  flush(): void {
    if (this.#open) this.#syncer.flush(this.#open.fd)
  }

  /** Tries once more to write what waits, and closes. Twice is fine. */
  close(): void {
    if (this.#closed) return
    this.#trouble.hurry()
    this.#settle()
    this.#closed = true
    if (this.#retry) clearTimeout(this.#retry)
    this.#syncer.stop()
    this.#leave()
  }

  #output(type: FrameType, payload: Uint8Array, time: number): void {
    const { piece } = this.#sizes
    for (let at = 0; at < payload.byteLength; at += piece) {
      const part = payload.subarray(at, at + piece)
      const taken = this.#attempt({ type, offset: this.#end, time, payload: part })
      this.#end += part.byteLength
      if (type === "stdout" || type === "stderr") this.#streams[type] += part.byteLength
      if (taken) continue
      this.#hole = true
      this.#trouble.lost += part.byteLength
    }
  }

  #fact(frame: LogFrame): void {
    const { type, payload } = frame
    if (payload.byteLength > this.#sizes.piece)
      throw new PtylineError(
        "too_large",
        `a ${type} of ${payload.byteLength} bytes; at most ${this.#sizes.piece}`,
      )
    if (!this.#attempt(frame)) this.#owed.add(frame)
  }

  /** True when the system took the frame, and what was owed before it. */
  #attempt(frame: LogFrame | null): boolean {
    if (this.#trouble.waiting) return false
    try {
      this.#owed.pay(owed => this.#write(owed))
      if (frame) this.#write(frame)
    } catch (error) {
      this.#trouble.failed(error)
      this.#retryLater()
      return false
    }
    this.#hole = false
    this.#trouble.over()
    return true
  }

  #write(frame: LogFrame): void {
    if (this.#open && !this.#open.fits(frame, this.#sizes.segmentBytes)) this.#leave()
    this.#open ??= this.#enter(frame)
    this.#open.write(frame)
    this.#syncer.wrote(this.#open.fd)
    if (frame.type === "resize") this.#size = { ...frame, payload: copyOf(frame.payload) }
  }

  #enter(frame: LogFrame): OpenSegment {
    const segment = new OpenSegment(this.directory, this.#key, frame.offset, this.#head(frame))
    this.#syncer.made(this.directory)
    return segment
  }

  /** What a segment begins with, so that it says on its own what earlier ones did. */
  #head({ type, offset, time }: LogFrame): LogFrame[] {
    const head: LogFrame[] = this.#size && type !== "resize" ? [{ ...this.#size, offset, time }] : []
    const streams = this.#streams
    if (streams.stdout + streams.stderr > 0)
      head.push({ type: "marker", offset, time, payload: encodeMarker({ streams }) })
    return head
  }

  #leave(): void {
    if (!this.#open) return
    this.#syncer.leave(this.#open.fd)
    this.#retention.add(this.#open)
    this.#open = null
  }

  /** A disk that refused is asked again even if no more output comes: facts are owed, and the end of the hole. */
  #retryLater(): void {
    if (this.#retry || this.#closed) return
    this.#retry = setTimeout(() => {
      this.#retry = null
      this.#trouble.hurry()
      this.#settle()
    }, this.#trouble.wait)
    this.#retry.unref()
  }

  /** Writes what is owed; behind a hole, empty output that says how far the log has got. */
  #settle(): void {
    if (this.#hole) this.#attempt({ type: "pty", offset: this.#end, time: Date.now(), payload: EMPTY })
    else if (!this.#owed.empty) this.#attempt(null)
  }
}
