// The start of a holder process: reads what to hold from stdin, says on stdout whether it does, then serves its socket.

import { readFileSync, writeSync } from "node:fs"
import { outlastFaults } from "../../core/lib/crash-report.ts"
import { PtylineError } from "../../core/lib/errors.ts"
import type { HolderConfig, HolderReady } from "./config.ts"
import { Holder } from "./holder.ts"

/** A holder mostly waits: after this long, in ms, it gives back what starting took. */
const STARTED_MS = 1000

/** Runs until the session is buried. Resolves with the exit code if it could not start. */
export async function holdSession(): Promise<number> {
  process.on("SIGHUP", () => {})
  process.on("SIGINT", () => {})
  process.chdir("/")
  try {
    const birth = JSON.parse(readFileSync(0, "utf8")) as HolderConfig
    const holder = new Holder(birth)
    answer({ pid: holder.process.pid })
  } catch (error) {
    answer({ error: refusal(error) })
    return 1
  }
  // nobody reads what a holder says, and its program is worth more than the reason
  outlastFaults(() => {})
  setTimeout(async () => (await import("./trim.ts")).trim(), STARTED_MS).unref()
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

function answer(what: HolderReady): void {
  writeSync(1, `${JSON.stringify(what)}\n`)
}
