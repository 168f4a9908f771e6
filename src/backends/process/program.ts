// Can this program be run? Asked beforehand by a backend whose library only says "no", or finds out in the child.

import { accessSync, closeSync, constants, openSync, readSync, type Stats, statSync } from "node:fs"
import { delimiter, resolve } from "node:path"
import type { Spec } from "../../core/session/backend.ts"

type Reason = "ENOENT" | "EACCES" | "ENOEXEC"

/** What execvp(3) searches when the environment has no PATH. */
const DEFAULT_PATH = "/bin:/usr/bin"

/** Why `spec` cannot be run, as the errno that exec would give, or null. */
export function unrunnable(spec: Spec): Reason | null {
  const name = spec.argv[0]!
  if (name.includes("/")) return whyNot(resolve(spec.cwd, name), spec.cwd)
  let reason: Reason = "ENOENT"
  for (const folder of (spec.env.PATH ?? DEFAULT_PATH).split(delimiter)) {
    const why = whyNot(resolve(spec.cwd, folder, name), spec.cwd)
    if (why === null || why === "ENOEXEC") return why
    if (why === "EACCES") reason = why
  }
  return reason
}

function whyNot(path: string, cwd: string): Reason | null {
  const stat = statOf(path)
  if (!stat) return "ENOENT"
  if (!stat.isFile() || !executable(path)) return "EACCES"
  const start = beginning(path)
  if (start === null) return null
  if (!start.startsWith("#!")) return start.includes("\0") ? null : "ENOEXEC"
  const interpreter = start.slice(2).split("\n")[0]!.trim().split(/[ \t]/)[0]!
  return statOf(resolve(cwd, interpreter)) ? null : "ENOENT"
}

function statOf(path: string): Stats | null {
  try {
    return statSync(path)
  } catch {
    return null
  }
}

function executable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** The first bytes, as much as the kernel looks at; null for a program that may be run but not read. */
function beginning(path: string): string | null {
  const bytes = Buffer.alloc(256)
  try {
    const file = openSync(path, "r")
    const n = readSync(file, bytes)
    closeSync(file)
    return bytes.toString("latin1", 0, n)
  } catch {
    return null
  }
}
