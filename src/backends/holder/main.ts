// Entry point of a holder process: reads its configuration on stdin, replies on stdout, serves its socket.

import { readFileSync, writeSync } from "node:fs"
import { PtylineError } from "../../core/lib/errors.ts"
import { surviveUncaughtErrors } from "../../core/lib/uncaught-errors.ts"
import type { HolderConfig, HolderReply } from "./config.ts"
import { Holder } from "./holder.ts"

/** How long after the start the holder releases startup memory, in ms. */
const TRIM_AFTER_MS = 1000

/** Runs until the server ends the holder. Resolves with the exit code when it could not start. */
export async function holdSession(): Promise<number> {
  process.on("SIGHUP", () => {})
  process.on("SIGINT", () => {})
  process.chdir("/")
  try {
    const holder = new Holder(JSON.parse(readFileSync(0, "utf8")) as HolderConfig)
    reply({ pid: holder.process.pid })
  } catch (error) {
    reply({ error: publicError(error) })
    return 1
  }
  // a holder has no log for faults, and must not end because of one: its program would end too
  surviveUncaughtErrors(() => {})
  setTimeout(async () => (await import("./trim.ts")).trim(), TRIM_AFTER_MS).unref()
  return new Promise(() => {})
}

/** Returns what a client may know of an error. Messages of the system contain paths. */
function publicError(error: unknown): { code: string; message: string; details: Record<string, unknown> } {
  if (error instanceof PtylineError)
    return { code: error.code, message: error.message, details: error.details }
  const { code: errno = "unknown" } = error as NodeJS.ErrnoException
  return {
    code: "unavailable",
    message: `the session's holder could not start: ${errno}`,
    details: { errno },
  }
}

function reply(message: HolderReply): void {
  writeSync(1, `${JSON.stringify(message)}\n`)
}
