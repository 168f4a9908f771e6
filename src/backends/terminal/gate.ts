// Gate that delays a program until its terminal is set up. Otherwise it could restore earlier settings.

import { closeSync } from "node:fs"
import type { Spec } from "../../core/session/backend.ts"
import { osPipe } from "../pipe/os-pipe.ts"
import { spawnFailure } from "../process/failure.ts"
import { unrunnable } from "../process/program.ts"

/** Variables that a shell sets by itself. */
const SHELL_VARIABLES = ["PWD", "SHLVL", "_"]

/** A shell waits for the end of a pipe and then replaces itself with the program, so the process id stays. */
export class Gate {
  /** The descriptor that the child inherits. */
  readonly reader: number
  /** What to run in place of the program. */
  readonly argv: string[]
  #writer: number

  /** `at`: the descriptor's number in the child. Throws `spawn_failed` for a program that cannot run. */
  constructor(spec: Spec, at: number) {
    const reason = unrunnable(spec)
    if (reason) throw spawnFailure({ code: reason }, spec, "a terminal")
    const wait = `read -r _ <&${at}; exec ${at}<&-; exec "$@"`
    this.argv = ["/bin/sh", "-c", wait, "sh", ...withGivenVariables(spec)]
    const { reader, writer } = osPipe()
    this.reader = reader
    this.#writer = writer
  }

  /** Lets the program start. The death of this process has the same effect. */
  open(): void {
    closeSync(this.reader)
    closeSync(this.#writer)
  }
}

/** Restores the shell's variables with env(1), which would read a program name with "=" as a variable. */
function withGivenVariables({ argv, env }: Spec): string[] {
  if (argv[0]!.includes("=")) return argv
  const surplus = SHELL_VARIABLES.filter(name => !(name in env)).flatMap(name => ["-u", name])
  const given = SHELL_VARIABLES.filter(name => name in env).map(name => `${name}=${env[name]}`)
  return ["/usr/bin/env", ...surplus, ...given, ...argv]
}
