// When output came: a time for every stretch of the log, at a grain that a person can tell apart.

/** Output that comes within this many ms of a mark belongs to it. */
const GRAIN_MS = 10
/** Beyond this many marks every second one is given up and the grain doubles: the whole log is covered at any length. */
const MAX_TIMES = 32_768

/** Offset of a stretch's first byte, and when it came, in ms since the epoch. */
export type Time = { offset: number; at: number }

export class Times {
  #offsets: number[] = []
  #ms: number[] = []
  #grain = GRAIN_MS
  /** What the clock that never jumps is behind the one on the wall. */
  #epoch = Date.now() - performance.now()

  /** Output is about to be stored at `offset`. Constant time. */
  note(offset: number): void {
    const now = performance.now()
    const last = this.#ms.at(-1)
    if (last !== undefined && now - last < this.#grain) return
    this.#offsets.push(offset)
    this.#ms.push(now)
    if (this.#ms.length > MAX_TIMES) this.#thin()
  }

  /** The stretches that the bytes `from..to` lie in, the first one cut to begin at `from`. */
  between(from: number, to: number): Time[] {
    const found: Time[] = []
    for (let i = this.#indexOf(from); i < this.#ms.length && this.#offsets[i]! < to; i++)
      found.push({ offset: Math.max(this.#offsets[i]!, from), at: Math.round(this.#epoch + this.#ms[i]!) })
    return found
  }

  /** When the byte at `offset` came; for one that has not come yet, when the last did. Now, when there is none. */
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
