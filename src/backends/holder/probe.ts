// Is a holder at home? Asked before a session is taken up or given up.

import { lstatSync, type Stats } from "node:fs"
import { userInfo } from "node:os"
import { PtylineError } from "../../core/lib/errors.ts"
import type { HolderRecord } from "../../store/state/record.ts"
import { FrameSplitter, HolderFrame, parseMessage } from "../../wire/holder.ts"
import { isAlive } from "../process/identity.ts"

/** A holder greets within some ms; on a machine that thrashes it may take seconds. */
const PATIENCE_MS = 5000

/**
 * True when the session's holder answers on its socket, false when it is certainly gone. Rejects with `unavailable` when
 * neither can be said: one that is there and silent still owns the session's log.
 */
export async function holderAnswers(
  socket: string,
  id: string,
  known: HolderRecord | null,
): Promise<boolean> {
  const greeted = ownSocket(socket) ? await greeting(socket) : null
  if (greeted === id) return true
  if (greeted !== null && greeted !== "silent")
    throw new PtylineError("unavailable", `${socket} is another session's`)
  if (greeted === "silent" || (known && isAlive(known)))
    throw new PtylineError(
      "unavailable",
      `its holder (process ${known?.pid ?? "unknown"}) is there and does not answer`,
    )
  return false
}

/** A socket of this user. Throws `denied` for anybody else's, or for something else in its place. */
function ownSocket(path: string): boolean {
  const stat: Stats | undefined = lstatSync(path, { throwIfNoEntry: false })
  if (!stat) return false
  if (stat.isSocket() && stat.uid === userInfo().uid) return true
  throw new PtylineError("denied", `${path} is not a socket of this user`)
}

/** The id of the session that is held there, `silent` when nobody says, null when nobody listens. */
async function greeting(path: string): Promise<string | null> {
  const { promise, resolve } = Promise.withResolvers<string>()
  const splitter = new FrameSplitter()
  const hear = (bytes: Uint8Array) => {
    const hello = splitter.push(bytes).find(({ type }) => type === HolderFrame.hello)
    if (hello) resolve(parseMessage<"hello">(hello.body).id)
  }
  const probe = await Bun.connect({
    unix: path,
    socket: {
      data: (_, bytes) => hear(bytes),
      close: () => resolve("silent"),
      error: () => resolve("silent"),
    },
  }).catch(() => null)
  if (!probe) return null
  const late = setTimeout(resolve, PATIENCE_MS, "silent")
  const said = await promise
  clearTimeout(late)
  probe.end()
  return said
}
