// Output of a durable session: from its holder, and from disk when the holder no longer has it.

import type { Sink } from "../../core/session/backend.ts"
import { HOLDER_STREAMS, parseOutput } from "../../wire/holder.ts"

/** The holder's log on disk. */
export interface OlderOutput {
  /** Calls `sink` with every piece from `from` up to `to`, in order. Resolves with the offset reached. */
  replay(from: number, to: number, sink: Sink): Promise<number>
}

/** Flow control of the holder's connection. */
type Flow = { pause(): void; resume(): void }

/**
 * While no reader waits, this many bytes are read at a time, then nothing for a while, in ms. A flood then
 * costs the server little. The output that it skips is on disk.
 */
const UNWATCHED_BYTES = 256 << 10
const UNWATCHED_PAUSE_MS = 100

export class HolderOutput {
  #sink: Sink
  #older: OlderOutput
  #flow: Flow
  #next: number
  #unwatched = 0
  #pausing = false

  constructor(sink: Sink, older: OlderOutput, from: number, flow: Flow) {
    this.#sink = sink
    this.#older = older
    this.#next = from
    this.#flow = flow
  }

  /** The offset up to which output is taken or skipped. */
  get next(): number {
    return this.#next
  }

  /** Takes the body of an output frame. Drops bytes that an earlier connection has already brought. */
  take(body: Uint8Array): void {
    const { stream, offset, bytes } = parseOutput(body)
    const known = Math.max(0, this.#next - offset)
    if (known > 0 && known >= bytes.length) return
    if (offset > this.#next) this.#sink.skip?.(offset)
    this.#next = offset + bytes.length
    this.#sink.output(bytes.subarray(known), HOLDER_STREAMS[stream] ?? "pty")
  }

  /** Counts bytes from the holder, and pauses the connection after many that no reader waits for. */
  throttle(length: number): void {
    this.#unwatched = this.#watched ? 0 : this.#unwatched + length
    if (this.#unwatched < UNWATCHED_BYTES || this.#pausing) return
    this.#unwatched = 0
    this.#pausing = true
    this.#flow.pause()
    setTimeout(() => {
      this.#pausing = false
      this.#flow.resume()
    }, UNWATCHED_PAUSE_MS)
  }

  /**
   * Catches up with `base`, the start of the holder's memory. Reads the output before it from disk if a
   * reader waits for it and the disk can be read; skips it otherwise.
   */
  async catchUp(base: number): Promise<void> {
    const reached = this.#watched ? await this.#replay(base) : null
    if (reached === null) this.#sink.skip?.(base)
    this.#next = reached ?? base
  }

  get #watched(): boolean {
    return this.#sink.watched?.() ?? true
  }

  #replay(base: number): Promise<number | null> {
    return this.#older.replay(this.#next, base, this.#sink).catch(() => null)
  }
}
