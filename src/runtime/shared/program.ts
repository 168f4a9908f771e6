// Search of programs, and why one cannot run: for callers that learn of it too late or without a reason.

import { accessSync, closeSync, constants, openSync, readSync, type Stats, statSync } from "node:fs"
import { delimiter, resolve } from "node:path"
import type { Program } from "../types.ts"

type Reason = "ENOENT" | "EACCES" | "ENOEXEC"

/** The search path of execvp(3) without PATH. */
const DEFAULT_PATH = "/bin:/usr/bin"

/** Returns the errno with which exec would fail for `spec`, or null. */
export function unrunnable(spec: Program): Reason | null {
  const name = spec.argv[0]!
  if (name.includes("/")) return failureOf(resolve(spec.cwd, name), spec.cwd)
  let reason: Reason = "ENOENT"
  for (const folder of (spec.env.PATH ?? DEFAULT_PATH).split(delimiter)) {
    const failure = failureOf(resolve(spec.cwd, folder, name), spec.cwd)
    if (failure === null || failure === "ENOEXEC") return failure
    if (failure === "EACCES") reason = failure
  }
  return reason
}

/** Returns the path of a program that can run, or null. `path`: the folders to search, relative to `cwd`. */
export function which(name: string, path = DEFAULT_PATH, cwd = "/"): string | null {
  if (name.includes("/")) return name
  const paths = path.split(delimiter).map(folder => resolve(cwd, folder, name))
  return paths.find(found => statOf(found)?.isFile() && executable(found)) ?? null
}

function failureOf(path: string, cwd: string): Reason | null {
  const stat = statOf(path)
  if (!stat) return "ENOENT"
  if (!stat.isFile() || !executable(path)) return "EACCES"
  const start = firstBytes(path)
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

/** Returns as many bytes as the kernel inspects, or null for a file that may be executed but not read. */
function firstBytes(path: string): string | null {
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
