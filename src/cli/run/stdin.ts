// The caller's stdin for a program that runs as a session: all of it, as fast as the program takes it, and its end.

import type { PtylineError } from "../../core/lib/errors.ts"
import { delay } from "../../core/lib/wake.ts"
import type { Connection } from "../connect/connection.ts"
import { say } from "../lib/print.ts"

/** Input per request, in bytes. */
const PIECE = 64 << 10
/** Until what the session had no room for is tried again, in ms. */
const AGAIN_MS = 50

type Input = { id: string; base64?: string; eof?: boolean }

/** Goes on to the end of stdin, of the session, or until `gone`. */
export async function feedSession({ call }: Connection, id: string, gone: AbortSignal): Promise<void> {
  const give = (input: Input) => taken(() => call("write", input), gone)
  for await (const bytes of process.stdin as AsyncIterable<Buffer>)
    for (let at = 0; at < bytes.length; at += PIECE)
      if (!(await give({ id, base64: bytes.subarray(at, at + PIECE).toString("base64") }))) return
  await give({ id, eof: true })
}

/** Asks again while the session has no room. False when there is no use in more. */
async function taken(write: () => Promise<unknown>, gone: AbortSignal): Promise<boolean> {
  while (!gone.aborted)
    try {
      await write()
      return true
    } catch (error) {
      const { code, message } = error as PtylineError
      if (gone.aborted || code === "not_running" || code === "not_found") return false
      if (code !== "limit_reached") {
        say(`ptyline run: stdin: ${message}`)
        return false
      }
      await delay(AGAIN_MS, gone)
    }
  return false
}
