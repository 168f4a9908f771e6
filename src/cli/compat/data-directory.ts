// MOP's data directory, and whether it can be trusted: the server runs programs from it.

import { lstatSync, mkdirSync, type Stats } from "node:fs"
import { userInfo } from "node:os"
import { resolve } from "node:path"
import { PtylineError } from "../../core/lib/errors.ts"

/** The directory that `ptyline mop` looks for in the current directory. */
const PRESET_NAME = "moppy"

type DataDirectory = { path: string; warning: string | null }

/**
 * Returns the directory given, created if missing. Otherwise, for the preset, `./moppy` if it belongs to this
 * user and no other user can write to it; else the state directory (contract mop 2.7).
 * Throws `denied` if others can write to the given directory.
 */
export function dataDirectory(named: string | undefined, preset: boolean, state: string): DataDirectory {
  if (named !== undefined) return { path: safeDirectory(resolve(named)), warning: null }
  if (!preset) return { path: state, warning: null }
  const path = resolve(PRESET_NAME)
  const stat = lstatSync(path, { throwIfNoEntry: false })
  const why = stat && danger(stat)
  if (stat && !why) return { path, warning: null }
  return { path: state, warning: why ? `${path} is not used: ${why}` : null }
}

function safeDirectory(path: string): string {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 })
  } catch (error) {
    throw new PtylineError("denied", `cannot create ${path}: ${(error as NodeJS.ErrnoException).code}`)
  }
  const why = danger(lstatSync(path))
  if (why) throw new PtylineError("denied", `${path} cannot be the data directory: ${why}`)
  return path
}

/** Returns why programs in this directory must not be run; null if only this user or root can write to it. */
function danger(stat: Stats): string | null {
  if (!stat.isDirectory()) return "it is not a directory"
  if (stat.uid !== userInfo().uid) return "another user owns it"
  return stat.mode & 0o022 ? "others may write to it" : null
}
