// Sends the caller's stdin, and its end, to a session at the speed at which the program reads.

import type { PtylineError } from "../../core/lib/errors.ts"
import { delay } from "../../core/lib/wake.ts"
import type { ServerConnection } from "../connect/connection.ts"
import { say } from "../lib/print.ts"

/** Input per request, in bytes. */
const PIECE = 64 << 10
/** Pause before retrying input that the session had no room for, in ms. */
const RETRY_MS = 50

type Input = { id: string; base64?: string; eof?: boolean }

/** Runs until stdin ends, the session ends, or `gone` aborts. */
export async function feedSession({ call }: ServerConnection, id: string, gone: AbortSignal): Promise<void> {
  const send = (input: Input) => accepted(() => call("write", input), gone)
  for await (const bytes of process.stdin as AsyncIterable<Buffer>)
    for (let at = 0; at < bytes.length; at += PIECE)
      if (!(await send({ id, base64: bytes.subarray(at, at + PIECE).toString("base64") }))) return
  await send({ id, eof: true })
}

/** Retries while the session has no room. Resolves with false when further input is useless. */
async function accepted(write: () => Promise<unknown>, gone: AbortSignal): Promise<boolean> {
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
      await delay(RETRY_MS, gone)
    }
  return false
}
