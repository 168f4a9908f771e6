// Pauses between attempts: exponential with jitter, so that many clients do not return at the same moment.

export class Backoff {
  readonly #firstMs: number
  readonly #longestMs: number
  #attempts = 0

  constructor(firstMs = 250, longestMs = 10_000) {
    this.#firstMs = firstMs
    this.#longestMs = longestMs
  }

  /** Returns the next pause in ms: half to all of `firstMs`, which doubles each time, up to `longestMs`. */
  next(random: () => number = Math.random): number {
    const most = Math.min(this.#longestMs, this.#firstMs * 2 ** this.#attempts++)
    return Math.round(most * (0.5 + random() / 2))
  }

  reset(): void {
    this.#attempts = 0
  }
}
