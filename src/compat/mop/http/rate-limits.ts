// Rate limits per client address and endpoint, in fixed windows of a minute (contract mop, 3.6).

import { RateLimiterMemory } from "rate-limiter-flexible"
import { MopError } from "../responses.ts"

type Rule = { points: number; word: string }

const RULES: Record<string, Rule> = {
  "/mop/init": { points: 2, word: "requests per 1 minute" },
  "/mop/alias": { points: 1, word: "requests per 1 minute" },
  "/mop/validate": { points: 10, word: "requests per 1 minute" },
  "/mop/attic/tell": { points: 5, word: "requests per 1 minute" },
  "/mop/write": { points: 60, word: "requests per minute" },
}

export class MopRateLimits {
  #limiters = new Map(
    Object.entries(RULES).map(([path, { points }]) => [
      path,
      new RateLimiterMemory({ points, duration: 60 }),
    ]),
  )

  /** Counts a request. Throws 429 above the limit. Paths without a rule have no limit. */
  async count(path: string, address: string): Promise<void> {
    const limiter = this.#limiters.get(path)
    if (!limiter) return
    try {
      await limiter.consume(address)
    } catch (rejected) {
      if (rejected instanceof Error) throw rejected
      throw tooMany(RULES[path]!, (rejected as { msBeforeNext: number }).msBeforeNext)
    }
  }
}

function tooMany({ points, word }: Rule, ms: number): MopError {
  const detail = `Rate limit exceeded: ${points} ${word}`
  const error = `Rate limit exceeded: ${points} per 1 minute`
  const after = `${Math.max(1, Math.ceil(ms / 1000))}`
  return new MopError(429, "Rate limit exceeded", { detail, error }, { "Retry-After": after })
}
