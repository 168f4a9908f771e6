// The start of a holder process: reads what to hold from stdin, says on stdout whether it does, then serves its socket.

import { writeSync } from "node:fs"
import { PtylineError } from "../../core/errors.ts"
import type { Birth, BirthAnswer } from "./birth.ts"
import { Holder } from "./holder.ts"

/** Runs until the session is buried. Resolves with the exit code if it could not start. */
export async function holdSession(): Promise<number> {
  process.on("SIGHUP", () => {})
  process.on("SIGINT", () => {})
  process.chdir("/")
  try {
    const birth = (await Bun.stdin.json()) as Birth
    const holder = new Holder(birth)
    answer({ pid: holder.process.pid })
  } catch (error) {
    answer({ error: refusal(error) })
    return 1
  }
  return new Promise(() => {})
}

/** What a client may know: a system's own message has paths in it. */
function refusal(error: unknown): { code: string; message: string; details: Record<string, unknown> } {
  if (error instanceof PtylineError)
    return { code: error.code, message: error.message, details: error.details }
  const { code: errno = "unknown" } = error as NodeJS.ErrnoException
  return {
    code: "unavailable",
    message: `the session's holder could not start: ${errno}`,
    details: { errno },
  }
}

function answer(what: BirthAnswer): void {
  writeSync(1, `${JSON.stringify(what)}\n`)
}
