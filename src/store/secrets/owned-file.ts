// Checks that a secret file or directory belongs to this user alone.

import { chmodSync, lstatSync, type Stats } from "node:fs"
import { userInfo } from "node:os"
import { PtylineError } from "../../core/lib/errors.ts"

type Kind = "file" | "directory"

const MODES = { file: 0o600, directory: 0o700 }

/** Throws `denied` if `path` is not of this kind, another user owns it, or others may write to it. */
export function requireOwned(path: string, kind: Kind): Stats {
  const stat = lstatSync(path)
  if (!(kind === "file" ? stat.isFile() : stat.isDirectory())) throw denied(`not a ${kind}: ${path}`)
  if (stat.uid !== userInfo().uid) throw denied(`another user owns ${path}`)
  if (stat.mode & 0o022)
    throw denied(`others may write to ${path}; check it, then run chmod ${MODES[kind].toString(8)} ${path}`)
  return stat
}

/** Like `requireOwned`, and removes all access of other users. */
export function makePrivate(path: string, kind: Kind): void {
  if (requireOwned(path, kind).mode & 0o077) chmodSync(path, MODES[kind])
}

const denied = (message: string): PtylineError => new PtylineError("denied", message)
