// State of a failing disk: its error code, the bytes lost so far and the time of the next attempt.

const FIRST_DELAY_MS = 50
const MAX_DELAY_MS = 5000

export class DiskFault {
  /** The system's code, such as `ENOSPC`; null if the last write succeeded. */
  code: string | null = null
  /** Total bytes of output that are not on disk. */
  lostBytes = 0
  /** Total failed attempts. */
  failures = 0
  #delay = FIRST_DELAY_MS
  #retryAt = 0

  /** True before the time of the next attempt. */
  get tooEarly(): boolean {
    return this.code !== null && performance.now() < this.#retryAt
  }

  /** Time until the next attempt, in ms. */
  get delay(): number {
    return Math.max(1, this.#retryAt - performance.now())
  }

  record(error: unknown): void {
    this.code = (error as NodeJS.ErrnoException).code ?? String(error)
    this.failures++
    this.#retryAt = performance.now() + this.#delay
    this.#delay = Math.min(MAX_DELAY_MS, this.#delay * 2)
  }

  /** Allows the next attempt now. */
  retryNow(): void {
    this.#retryAt = 0
  }

  clear(): void {
    this.code = null
    this.#delay = FIRST_DELAY_MS
  }
}
