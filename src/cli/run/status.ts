// Exit codes as shells and timeout(1) give them.

import { constants } from "node:os"
import type { ExitStatus } from "../../core/session/backend.ts"

/** The time limit was reached. */
export const TIMED_OUT = 124

/** The program's own code, or 128 and the signal's number. */
export function statusOf({ code, signal }: ExitStatus): number {
  if (code !== null) return code
  const name = signal?.startsWith("SIG") ? signal : `SIG${signal}`
  return 128 + (constants.signals[name as NodeJS.Signals] ?? 0)
}
