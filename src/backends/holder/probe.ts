// Probe of a holder: whether it still runs. Used before a session is recovered or given up.

import { lstatSync } from "node:fs"
import { userInfo } from "node:os"
import { connectUnix } from "#runtime/wire.ts"
import { PtylineError } from "../../core/lib/errors.ts"
import type { HolderRecord } from "../../store/state/record.ts"
import { FrameSplitter, HolderFrame, parseMessage } from "../../wire/holder.ts"
import { isAlive } from "../process/identity.ts"

/** A holder greets within a few ms; on a machine under memory pressure it may take seconds. */
const PATIENCE_MS = 5000

/**
 * Resolves with true when the session's holder answers on its socket, and with false when it is gone. Rejects
 * with `unavailable` when it runs but does not answer: it still owns the session's log.
 */
export async function holderAnswers(
  socket: string,
  id: string,
  known: HolderRecord | null,
): Promise<boolean> {
  const greeted = ownSocket(socket) ? await greeting(socket) : null
  if (greeted === id) return true
  if (greeted !== null && greeted !== "silent")
    throw new PtylineError("unavailable", `${socket} belongs to another session`)
  if (greeted === "silent" || (known && isAlive(known)))
    throw new PtylineError(
      "unavailable",
      `its holder (process ${known?.pid ?? "unknown"}) runs and does not answer`,
    )
  return false
}

/** Whether a socket of this user exists. Throws `denied` for another user's socket or another file. */
function ownSocket(path: string): boolean {
  const stat = lstatSync(path, { throwIfNoEntry: false })
  if (!stat) return false
  if (stat.isSocket() && stat.uid === userInfo().uid) return true
  throw new PtylineError("denied", `${path} is not a socket of this user`)
}

/** Resolves with the id of the session, with `silent` without an answer, or null without a listener. */
async function greeting(path: string): Promise<string | null> {
  const { promise, resolve } = Promise.withResolvers<string>()
  const splitter = new FrameSplitter()
  const received = (bytes: Uint8Array) => {
    const hello = splitter.push(bytes).find(({ type }) => type === HolderFrame.hello)
    if (hello) resolve(parseMessage<"hello">(hello.body).id)
  }
  const silent = () => resolve("silent")
  const events = { data: received, drain: () => {}, close: silent, error: silent }
  const socket = await connectUnix(path, events).catch(() => null)
  if (!socket) return null
  const timeout = setTimeout(resolve, PATIENCE_MS, "silent")
  const id = await promise
  clearTimeout(timeout)
  socket.end()
  return id
}
