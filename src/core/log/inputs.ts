// What was typed into a session that records its input: the newest of it, each piece at its place in the log and with its time.

/** Kept in memory, in bytes; older input goes first. */
const MAX_BYTES = 1 << 20

/** `offset`: where the log ended when it was typed; `at`: ms since the epoch. */
export type RecordedInput = { sequence: number; offset: number; at: number; bytes: Uint8Array }

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

  /** Sequence number of the first input at or behind `offset`. */
  from(offset: number): number {
    return this.#inputs.find(input => input.offset >= offset)?.sequence ?? this.#next
  }

  /** The oldest kept input with at least this sequence number. */
  get(sequence: number): RecordedInput | null {
    const oldest = this.#next - this.#inputs.length
    return this.#inputs[Math.max(0, sequence - oldest)] ?? null
  }
}
