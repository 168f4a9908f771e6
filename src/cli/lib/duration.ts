// Lengths of time as people write them: 90, 1.5s, 250ms, 5m, 1h30m.

import { UsageError } from "./flags.ts"

const UNITS: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }
const PART = /(\d+(?:\.\d+)?)(ms|s|m|h|d)/gy

/** Longest time a timer can be set for, in ms. */
const LONGEST = 2 ** 31 - 1

/** Milliseconds; a number without a unit is seconds, as for timeout(1). Throws `UsageError` naming `flag` and the text. */
export function milliseconds(flag: string, text: string): number {
  const ms = /^\d+(\.\d+)?$/.test(text) ? Number(text) * 1000 : sumOf(text)
  if (Number.isFinite(ms) && ms <= LONGEST) return Math.round(ms)
  throw new UsageError(
    `--${flag} takes a time such as 30s, 5m or 1h30m, at most 24 days, got ${JSON.stringify(text)}`,
  )
}

function sumOf(text: string): number {
  const parts = [...text.matchAll(PART)]
  const whole = parts.reduce((length, part) => length + part[0].length, 0)
  if (whole !== text.length || parts.length === 0) return Number.NaN
  return parts.reduce((sum, [, count, unit]) => sum + Number(count) * UNITS[unit!]!, 0)
}
