// What a command says when it fails, and the exit code that goes with it.

import { type ErrorCode, PtylineError } from "../../core/lib/errors.ts"
import { UsageError } from "./flags.ts"
import { BrokenPipe, say } from "./print.ts"

const CODES: Partial<Record<ErrorCode, number>> = { invalid_input: 2, not_found: 3 }
const UNREACHABLE = 4

/** 2 for wrong usage, 3 for what is not there, 4 for a server that does not answer, 1 for every other failure. */
export function exitCodeOf(error: unknown): number {
  if (error instanceof BrokenPipe) return BrokenPipe.code
  if (error instanceof UsageError) return 2
  if (!(error instanceof PtylineError)) return 1
  return error.details.tried ? UNREACHABLE : (CODES[error.code] ?? 1)
}

/** Says what went wrong in a sentence, with what helps; answers the exit code. */
export async function report(command: string, error: unknown): Promise<number> {
  if (error instanceof BrokenPipe) return BrokenPipe.code
  const message = error instanceof Error ? error.message : String(error)
  say(`ptyline ${command}: ${await withSuggestion(error, message)}`)
  if (error instanceof UsageError) say(`ptyline ${command} --help tells more`)
  return exitCodeOf(error)
}

/** An error may know what would have been right: the names that were possible. */
async function withSuggestion(error: unknown, message: string): Promise<string> {
  const known = error instanceof UsageError ? error.known : null
  if (!known) return message
  const { nearest } = await import("./nearest.ts")
  const [close] = nearest(known.word, known.names)
  return close ? `${message}; did you mean ${close}?` : message
}
