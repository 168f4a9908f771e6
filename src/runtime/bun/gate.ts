// Gate that delays a program until its terminal is set up. Otherwise it could restore earlier settings.

import { closeSync } from "node:fs"
import { osPipe } from "../shared/os-pipe.ts"
import { unrunnable } from "../shared/program.ts"
import type { Program } from "../types.ts"

/** Variables that a shell sets by itself. */
const SHELL_VARIABLES = ["PWD", "SHLVL", "_"]

/** A shell waits for the end of a pipe and then replaces itself with the program, so the process id stays. */
export class Gate {
  /** The descriptor that the child inherits. */
  readonly reader: number
  /** What to run in place of the program. */
  readonly argv: string[]
  #writer: number

  /** `at`: the descriptor's number in the child. Throws an errno for a program that cannot run. */
  constructor(program: Program, at: number) {
    const reason = unrunnable(program)
    if (reason) throw Object.assign(new Error(reason), { code: reason })
    const wait = `read -r _ <&${at}; exec ${at}<&-; exec "$@"`
    this.argv = ["/bin/sh", "-c", wait, "sh", ...withGivenVariables(program)]
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
function withGivenVariables({ argv, env }: Program): readonly string[] {
  if (argv[0]!.includes("=")) return argv
  const surplus = SHELL_VARIABLES.filter(name => !(name in env)).flatMap(name => ["-u", name])
  const given = SHELL_VARIABLES.filter(name => name in env).map(name => `${name}=${env[name]}`)
  return ["/usr/bin/env", ...surplus, ...given, ...argv]
}
