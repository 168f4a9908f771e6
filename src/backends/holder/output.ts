// What comes out of a held session: from its holder, and from disk where the holder ran ahead of this server.

import type { Sink } from "../../core/session/backend.ts"
import { HOLDER_STREAMS, parseOutput } from "../../wire/holder.ts"

/** The holder's log on disk, from where this server reads what the holder no longer has in memory. */
export interface OlderOutput {
  /** Calls `sink` with every piece from `from` up to `to`, in order. Resolves with the offset it got to. */
  replay(from: number, to: number, sink: Sink): Promise<number>
}

/** The holder's connection, as far as its output goes. */
type Flow = { pause(): void; resume(): void }

/**
 * Of output that nobody waits for so much is taken at a time, in bytes, and more only after a rest, in ms. A flood then costs
 * this server little; what it passes over is on disk.
 */
const SIP = 256 << 10
const REST_MS = 100

export class HolderOutput {
  #sink: Sink
  #older: OlderOutput
  #flow: Flow
  #next: number
  #sipped = 0
  #resting = false

  constructor(sink: Sink, older: OlderOutput, from: number, flow: Flow) {
    this.#sink = sink
    this.#older = older
    this.#next = from
    this.#flow = flow
  }

  /** Everything before this offset was taken, or passed over. */
  get next(): number {
    return this.#next
  }

  /** The body of an output frame. What was taken before, over another connection, is left out. */
  take(body: Uint8Array): void {
    const { stream, offset, bytes } = parseOutput(body)
    const known = Math.max(0, this.#next - offset)
    if (known > 0 && known >= bytes.length) return
    if (offset > this.#next) this.#sink.skip?.(offset)
    this.#next = offset + bytes.length
    this.#sink.output(bytes.subarray(known), HOLDER_STREAMS[stream] ?? "pty")
  }

  /** So many bytes came from the holder. */
  sip(length: number): void {
    this.#sipped = this.#watched ? 0 : this.#sipped + length
    if (this.#sipped < SIP || this.#resting) return
    this.#sipped = 0
    this.#resting = true
    this.#flow.pause()
    setTimeout(() => {
      this.#resting = false
      this.#flow.resume()
    }, REST_MS)
  }

  /**
   * The holder has nothing before `base` any more. What nobody waits for stays on disk, and so does what the system does not
   * let this server read now; all else comes into memory.
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
