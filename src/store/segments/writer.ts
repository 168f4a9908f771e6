// Writes a session's log to disk in segments and drops old ones. Disk errors never stop the output.

import { PtylineError } from "../../core/lib/errors.ts"
import { copyOf } from "../../core/lib/memory.ts"
import { type FrameType, isOutput, type LogFrame } from "../frames/frame.ts"
import { encodeMarker, type StreamEnds } from "../frames/frame-facts.ts"
import { PendingFacts } from "../state/pending-facts.ts"
import { DiskFault } from "./disk-fault.ts"
import { OpenSegment } from "./file.ts"
import { lastSegment } from "./last-segment.ts"
import { SegmentRetention } from "./retention.ts"
import { planSizes, type Sizes } from "./sizes.ts"
import { Syncer, type SyncPolicy } from "./sync.ts"

const EMPTY = new Uint8Array(0)

/**
 * `limit` and `segmentBytes` are bytes on disk, by default 64 MiB and 8 MiB. `sync` defaults to `interval`,
 * every second. `start` is the offset of the next output, if the disk has not accepted all earlier output.
 */
export type SegmentOptions = Partial<Pick<Sizes, "limit" | "segmentBytes">> & {
  sync?: SyncPolicy
  start?: number
}

/**
 * The only writer of a directory. Disk errors never make `append` throw: offsets advance, and readers report
 * the lost bytes as a gap. Always starts a new segment. Throws `unavailable` if the directory has a log with
 * another key.
 */
export class SegmentWriter {
  readonly directory: string
  readonly #key: Uint8Array
  readonly #sizes: Sizes
  readonly #syncer: Syncer
  readonly #retention: SegmentRetention
  readonly #fault = new DiskFault()
  readonly #pending = new PendingFacts()
  #open: OpenSegment | null = null
  #end: number
  /** The newest `resize`. Each segment starts with it, because older segments are dropped. */
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

  /** The offset of the next byte. Includes bytes that the disk did not accept. */
  get end(): number {
    return this.#end
  }

  /** The current disk error (null after a successful write), the failed attempts and the lost bytes. */
  get fault(): { code: string | null; refused: number; lost: number } {
    const { code, failures: refused, lostBytes: lost } = this.#fault
    return { code, refused, lost }
  }

  /** Appends output, or a fact at the current offset. Copies `payload` if it has to keep it. */
  append(type: FrameType, payload: Uint8Array, time = Date.now()): void {
    if (this.#closed) return
    if (isOutput(type)) this.#output(type, payload, time)
    else this.#fact({ type, offset: this.#end, time, payload })
  }

  /** Waits until everything written is on the physical disk. */
  flush(): void {
    if (this.#open) this.#syncer.flush(this.#open.fd)
  }

  /** Tries once more to write pending facts and closes. Safe to call twice. */
  close(): void {
    if (this.#closed) return
    this.#fault.retryNow()
    this.#writePending()
    this.#closed = true
    if (this.#retry) clearTimeout(this.#retry)
    this.#syncer.stop()
    this.#closeSegment()
  }

  #output(type: FrameType, payload: Uint8Array, time: number): void {
    const { piece } = this.#sizes
    for (let at = 0; at < payload.byteLength; at += piece) {
      const part = payload.subarray(at, at + piece)
      const written = this.#tryWrite({ type, offset: this.#end, time, payload: part })
      this.#end += part.byteLength
      if (type === "stdout" || type === "stderr") this.#streams[type] += part.byteLength
      if (written) continue
      this.#hole = true
      this.#fault.lostBytes += part.byteLength
    }
  }

  #fact(frame: LogFrame): void {
    const { type, payload } = frame
    const { piece } = this.#sizes
    if (payload.byteLength > piece)
      throw new PtylineError("too_large", `a ${type} of ${payload.byteLength} bytes; at most ${piece}`)
    if (!this.#tryWrite(frame)) this.#pending.add(frame)
  }

  /** Returns true if the pending facts and the frame were written. */
  #tryWrite(frame: LogFrame | null): boolean {
    if (this.#fault.tooEarly) return false
    try {
      this.#pending.flush(pending => this.#write(pending))
      if (frame) this.#write(frame)
    } catch (error) {
      this.#fault.record(error)
      this.#retryLater()
      return false
    }
    this.#hole = false
    this.#fault.clear()
    return true
  }

  #write(frame: LogFrame): void {
    if (this.#open && !this.#open.fits(frame, this.#sizes.segmentBytes)) this.#closeSegment()
    this.#open ??= this.#openSegment(frame)
    this.#open.write(frame)
    this.#syncer.wrote(this.#open.fd)
    if (frame.type === "resize") this.#size = { ...frame, payload: copyOf(frame.payload) }
  }

  #openSegment(frame: LogFrame): OpenSegment {
    const segment = new OpenSegment(this.directory, this.#key, frame.offset, this.#segmentHead(frame))
    this.#syncer.created(this.directory)
    return segment
  }

  /** Returns the facts at the start of a segment, so that it does not depend on earlier ones. */
  #segmentHead({ type, offset, time }: LogFrame): LogFrame[] {
    const head: LogFrame[] = this.#size && type !== "resize" ? [{ ...this.#size, offset, time }] : []
    const streams = this.#streams
    if (streams.stdout + streams.stderr > 0)
      head.push({ type: "marker", offset, time, payload: encodeMarker({ streams }) })
    return head
  }

  #closeSegment(): void {
    if (!this.#open) return
    this.#syncer.close(this.#open.fd)
    this.#retention.add(this.#open)
    this.#open = null
  }

  /** Tries again even without more output, to write pending facts or the end of the hole. */
  #retryLater(): void {
    if (this.#retry || this.#closed) return
    this.#retry = setTimeout(() => {
      this.#retry = null
      this.#fault.retryNow()
      this.#writePending()
    }, this.#fault.delay)
    this.#retry.unref()
  }

  /** Writes pending facts. After a hole, also writes empty output that records the current offset. */
  #writePending(): void {
    if (this.#hole) this.#tryWrite({ type: "pty", offset: this.#end, time: Date.now(), payload: EMPTY })
    else if (!this.#pending.empty) this.#tryWrite(null)
  }
}
