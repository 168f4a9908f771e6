// The data directory of MOP's files, and which one may be trusted: what lies in it is run.

import { lstatSync, mkdirSync, type Stats } from "node:fs"
import { userInfo } from "node:os"
import { resolve } from "node:path"
import { PtylineError } from "../../core/lib/errors.ts"

/** What `ptyline mop` looks for where it is started. */
const PRESET_NAME = "moppy"

export type DataDirectory = { path: string; warning: string | null }

/**
 * The directory somebody named, made when missing; else, for the preset, `./moppy` when it is this user's and nobody else can write to it; else the
 * state directory (contract mop 2.7). Throws `denied` for a named one that others may change.
 */
export function dataDirectory(named: string | undefined, preset: boolean, state: string): DataDirectory {
  if (named !== undefined) return { path: safeDirectory(resolve(named)), warning: null }
  if (!preset) return { path: state, warning: null }
  const path = resolve(PRESET_NAME)
  const stat = lstatSync(path, { throwIfNoEntry: false })
  const why = stat && danger(stat)
  if (stat && !why) return { path, warning: null }
  return { path: state, warning: why ? `${path} is left alone: ${why}` : null }
}

function safeDirectory(path: string): string {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 })
  } catch (error) {
    throw new PtylineError("denied", `cannot make ${path}: ${(error as NodeJS.ErrnoException).code}`)
  }
  const why = danger(lstatSync(path))
  if (why) throw new PtylineError("denied", `${path} cannot be the data directory: ${why}`)
  return path
}

/** Why programs in this directory are not to be run; null when only this user, or root, could have put them there. */
function danger(stat: Stats): string | null {
  if (!stat.isDirectory()) return "it is not a directory"
  if (stat.uid !== userInfo().uid) return "another user owns it"
  return stat.mode & 0o022 ? "others may write to it" : null
}
