// Exit codes as shells and timeout(1) give them.

import { constants } from "node:os"
import type { ExitStatus } from "../../core/session/backend.ts"

/** Exit code when the time limit was reached. */
export const TIMED_OUT = 124

/** Returns the exit code, or 128 plus the signal's number. */
export function statusOf({ code, signal }: ExitStatus): number {
  if (code !== null) return code
  const name = signal?.startsWith("SIG") ? signal : `SIG${signal}`
  return 128 + (constants.signals[name as NodeJS.Signals] ?? 0)
}
