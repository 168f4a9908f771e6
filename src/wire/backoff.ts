// How long to wait before the next attempt: exponential with jitter, so that many pages do not come back in step.

const FIRST_MS = 250
const MOST_MS = 10_000

export class Backoff {
  #attempts = 0

  get attempts(): number {
    return this.#attempts
  }

  /** Milliseconds until the next attempt: between half and all of 0.25 s, 0.5 s, 1 s … 10 s. */
  next(random: () => number = Math.random): number {
    const most = Math.min(MOST_MS, FIRST_MS * 2 ** this.#attempts)
    this.#attempts++
    return Math.round(most * (0.5 + random() / 2))
  }

  reset(): void {
    this.#attempts = 0
  }
}
