// Keeping a child's environment to what it was given, for a library that adds to the server's own.

import { readFileSync } from "node:fs"
import type { Spec } from "../../core/session/backend.ts"

/** A variable that the library sets from the password file when it is missing. */
const ADDED = "SHELL"
let names: Set<string> | undefined

/**
 * The words that run `spec` without the variables it was not given: env(1) takes them away and becomes the program, so the
 * process id stays and no value shows in a process list.
 */
export function withGivenEnvironmentOnly(spec: Spec): string[] {
  names ??= ownNames()
  const surplus = [...names].filter(name => !(name in spec.env))
  // env would take a word with "=" for a variable
  const command = spec.argv[0]!.includes("=") ? ["/bin/sh", "-c", 'exec "$0" "$@"', ...spec.argv] : spec.argv
  return ["/usr/bin/env", ...surplus.flatMap(name => ["-u", name]), ...command]
}

/** What this process was started with, whatever was done to `process.env` since: the library reads the system's copy. */
function ownNames(): Set<string> {
  const started = process.platform === "linux" ? readFileSync("/proc/self/environ", "utf8").split("\0") : []
  const known = started.map(pair => pair.split("=")[0]!).filter(name => name !== "")
  return new Set([...known, ...Object.keys(process.env), ADDED])
}
