// Durations in flags: 90, 1.5s, 250ms, 5m, 1h30m.

import { parseDuration } from "../../core/lib/units.ts"
import { UsageError } from "./flags.ts"

/** The longest time that a timer accepts, in ms. */
const LONGEST = 2 ** 31 - 1

/** Returns a flag's duration in ms. Throws `UsageError` naming the flag and the value. */
export function milliseconds(flag: string, text: string): number {
  const ms = parseDuration(text)
  if (ms !== null && ms <= LONGEST) return ms
  throw new UsageError(
    `--${flag} takes a time such as 30s, 5m or 1h30m, at most 24 days, got ${JSON.stringify(text)}`,
  )
}
