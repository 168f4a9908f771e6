// The start of a holder process: reads what to hold from stdin, says on stdout whether it does, then serves its socket.

import { writeSync } from "node:fs"
import type { PtylineError } from "../../core/errors.ts"
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
    const { code = "internal", message, details = {} } = error as Partial<PtylineError> & Error
    answer({ error: { code, message, details } })
    return 1
  }
  return new Promise(() => {})
}

function answer(what: BirthAnswer): void {
  writeSync(1, `${JSON.stringify(what)}\n`)
}
