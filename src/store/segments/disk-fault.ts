// A disk that does not take what is written: what it said, what was lost by it, and when to ask it again.

const FIRST_WAIT_MS = 50
const LONGEST_WAIT_MS = 5000

export class DiskFault {
  /** The system's code, such as `ENOSPC`; null while all is well. */
  code: string | null = null
  /** Bytes of output that are not on disk, in all. */
  lost = 0
  /** Attempts that were refused, in all. */
  refused = 0
  #wait = FIRST_WAIT_MS
  #until = 0

  /** True while it would be too early to try again. */
  get waiting(): boolean {
    return this.code !== null && performance.now() < this.#until
  }

  /** How long until the next attempt, in ms. */
  get wait(): number {
    return Math.max(1, this.#until - performance.now())
  }

  failed(error: unknown): void {
    this.code = (error as NodeJS.ErrnoException).code ?? String(error)
    this.refused++
    this.#until = performance.now() + this.#wait
    this.#wait = Math.min(LONGEST_WAIT_MS, this.#wait * 2)
  }

  /** Does not wait any longer. */
  hurry(): void {
    this.#until = 0
  }

  over(): void {
    this.code = null
    this.#wait = FIRST_WAIT_MS
  }
}
