// Rate limit in bytes per second. Bytes above it do not wait: they are rejected or dropped, and counted.

import { PtylineError } from "./errors.ts"

const SECOND_MS = 1000

export class Allowance {
  /** Bytes per second; 0 means no limit. */
  rate = 0
  /** Bytes rejected or dropped so far. */
  refused = 0
  #used = 0
  #second = Number.NEGATIVE_INFINITY

  /** Returns how many of `bytes` may pass now; the rest counts as refused. */
  take(bytes: number): number {
    if (this.rate === 0) return bytes
    const passes = Math.min(bytes, this.#left())
    this.#used += passes
    this.refused += bytes - passes
    return passes
  }

  /** Takes all of `bytes`. Throws `limit_reached` when they exceed the limit, and then takes none. */
  demand(bytes: number): void {
    if (this.rate === 0) return
    if (bytes <= this.#left()) {
      this.#used += bytes
      return
    }
    this.refused += bytes
    throw new PtylineError("limit_reached", `input rate limit exceeded: ${this.rate} bytes per second`, {
      rate: this.rate,
    })
  }

  #left(): number {
    const now = performance.now()
    if (now - this.#second >= SECOND_MS) {
      this.#second = now
      this.#used = 0
    }
    return Math.max(0, this.rate - this.#used)
  }
}
