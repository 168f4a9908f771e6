// How a command reports a failure, and its exit code.

import { type ErrorCode, PtylineError } from "../../core/lib/errors.ts"
import { UsageError } from "./flags.ts"
import { BrokenPipe, say } from "./print.ts"

const CODES: Partial<Record<ErrorCode, number>> = { invalid_input: 2, not_found: 3 }
const UNREACHABLE = 4

/** Returns 2 for wrong usage, 3 for a missing session, 4 for an unreachable server, 1 for other failures. */
function exitCodeOf(error: unknown): number {
  if (error instanceof BrokenPipe) return BrokenPipe.code
  if (error instanceof UsageError) return 2
  if (!(error instanceof PtylineError)) return 1
  return error.details.tried ? UNREACHABLE : (CODES[error.code] ?? 1)
}

/** Prints the error and a hint on stderr. Resolves with the exit code. */
export async function report(command: string, error: unknown): Promise<number> {
  if (error instanceof BrokenPipe) return BrokenPipe.code
  const message = error instanceof Error ? error.message : String(error)
  say(`ptyline ${command}: ${message}${await suggestion(error)}`)
  if (error instanceof UsageError) say(`For usage, run: ptyline ${command} --help`)
  return exitCodeOf(error)
}

/** The nearest name, if the error knows which names are possible. */
async function suggestion(error: unknown): Promise<string> {
  const known = error instanceof UsageError ? error.known : null
  if (!known) return ""
  const { nearest } = await import("./nearest.ts")
  const [close] = nearest(known.word, known.names)
  return close ? `; did you mean ${close}?` : ""
}
