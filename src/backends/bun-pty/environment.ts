// Environment of a child of bun-pty, whose library adds the server's own variables.

import { readFileSync } from "node:fs"
import type { Spec } from "../../core/session/backend.ts"

/** A variable that the library sets from the password file when missing. */
const ADDED = "SHELL"
let names: Set<string> | undefined

/**
 * Returns the argv that runs `spec` with its own variables only. env(1) removes the others and becomes the
 * program by exec: the process id stays, and no value appears in a process list.
 */
export function withGivenEnvironmentOnly(spec: Spec): string[] {
  names ??= serverNames()
  const surplus = [...names].filter(name => !(name in spec.env))
  // env would read a word with "=" as a variable
  const command = spec.argv[0]!.includes("=") ? ["/bin/sh", "-c", 'exec "$0" "$@"', ...spec.argv] : spec.argv
  return ["/usr/bin/env", ...surplus.flatMap(name => ["-u", name]), ...command]
}

/** Includes the variables that this process started with: the library reads those, not `process.env`. */
function serverNames(): Set<string> {
  const initial = process.platform === "linux" ? readFileSync("/proc/self/environ", "utf8").split("\0") : []
  const known = initial.map(pair => pair.split("=")[0]!).filter(name => name !== "")
  return new Set([...known, ...Object.keys(process.env), ADDED])
}
