// Recorded input of a session: the newest pieces, each with its offset in the log and its time.

/** Input kept in memory, in bytes. Drops the oldest first. */
const MAX_BYTES = 1 << 20

/** `offset` is the end of the log at the time of the input; `at` is that time in ms since the epoch. */
type RecordedInput = { sequence: number; offset: number; at: number; bytes: Uint8Array }

export class InputLog {
  #inputs: RecordedInput[] = []
  #next = 0
  #bytes = 0

  /** Takes ownership of `bytes`. */
  add(offset: number, bytes: Uint8Array, at = Date.now()): void {
    this.#inputs.push({ sequence: this.#next++, offset, at, bytes })
    this.#bytes += bytes.length
    while (this.#bytes > MAX_BYTES) this.#bytes -= this.#inputs.shift()!.bytes.length
  }

  /** Returns the sequence number of the first input at or after `offset`. */
  from(offset: number): number {
    return this.#inputs.find(input => input.offset >= offset)?.sequence ?? this.#next
  }

  /** Returns the oldest available input with at least this sequence number. */
  get(sequence: number): RecordedInput | null {
    const oldest = this.#next - this.#inputs.length
    return this.#inputs[Math.max(0, sequence - oldest)] ?? null
  }
}
