// Secret files must be their owner's alone.

import { chmodSync, lstatSync } from "node:fs"
import { userInfo } from "node:os"
import { PtylineError } from "../../core/lib/errors.ts"

/** Throws `denied` for a file that another owns or may write to; one that others may only read is closed to them. */
export function demandOwn(path: string): void {
  const stat = lstatSync(path)
  if (!stat.isFile()) throw new PtylineError("denied", `not a file: ${path}`)
  if (stat.uid !== userInfo().uid) throw new PtylineError("denied", `another user owns ${path}`)
  if (stat.mode & 0o022)
    throw new PtylineError("denied", `others may write to ${path}; chmod 600 it if nobody did`)
  if (stat.mode & 0o077) chmodSync(path, 0o600)
}
