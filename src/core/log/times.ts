// Output times: a time for every stretch of the log, at a resolution that people notice.

/** Output within this many ms of a stretch's start belongs to it. */
const GRAIN_MS = 10
/** Above this limit every second stretch is dropped and the grain doubles: any length is covered. */
const MAX_TIMES = 32_768

/** Offset of a stretch's first byte, and its time in ms since the epoch. */
type Time = { offset: number; at: number }

export class Times {
  #offsets: number[] = []
  #ms: number[] = []
  #grain = GRAIN_MS
  /** Wall clock minus monotonic clock, in ms. */
  #epoch = Date.now() - performance.now()

  /** Notes the time before output is stored at `offset`. Constant time. */
  note(offset: number): void {
    const now = performance.now()
    const last = this.#ms.at(-1)
    if (last !== undefined && now - last < this.#grain) return
    this.#offsets.push(offset)
    this.#ms.push(now)
    if (this.#ms.length > MAX_TIMES) this.#thin()
  }

  /** Returns the stretches of the bytes `from..to`; the first is cut to begin at `from`. */
  between(from: number, to: number): Time[] {
    const found: Time[] = []
    for (let i = this.#indexOf(from); i < this.#ms.length && this.#offsets[i]! < to; i++)
      found.push({ offset: Math.max(this.#offsets[i]!, from), at: Math.round(this.#epoch + this.#ms[i]!) })
    return found
  }

  /** Returns the time of the byte at `offset`, or of the last byte before it; now, when there is none. */
  at(offset: number): number {
    return Math.round(this.#epoch + (this.#ms[this.#indexOf(offset)] ?? performance.now()))
  }

  #indexOf(offset: number): number {
    let [low, high] = [0, this.#offsets.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.#offsets[middle]! <= offset) low = middle + 1
      else high = middle
    }
    return Math.max(low - 1, 0)
  }

  #thin(): void {
    this.#offsets = this.#offsets.filter((_, i) => i % 2 === 0)
    this.#ms = this.#ms.filter((_, i) => i % 2 === 0)
    this.#grain *= 2
  }
}
