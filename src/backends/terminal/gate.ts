// Holding a program back until its terminal is set up: one that starts fast would see, keep and restore the settings of before.

import { closeSync } from "node:fs"
import type { Spec } from "../../core/session/backend.ts"
import { osPipe } from "../pipe/os-pipe.ts"
import { spawnFailure } from "../process/failure.ts"
import { unrunnable } from "../process/program.ts"

/** What a shell sets by itself. */
const SHELLS_OWN = ["PWD", "SHLVL", "_"]

/** A shell waits for the end of a pipe and then becomes the program, so the process stays the same. */
export class Gate {
  /** The descriptor the child inherits. */
  readonly reader: number
  /** What to run in place of the program. */
  readonly argv: string[]
  #writer: number

  /** `at`: the number of that descriptor in the child. Throws `spawn_failed` for what the shell would fail to run. */
  constructor(spec: Spec, at: number) {
    const reason = unrunnable(spec)
    if (reason) throw spawnFailure({ code: reason }, spec, "a terminal")
    const wait = `read -r _ <&${at}; exec ${at}<&-; exec "$@"`
    this.argv = ["/bin/sh", "-c", wait, "sh", ...asGiven(spec)]
    const { reader, writer } = osPipe()
    this.reader = reader
    this.#writer = writer
  }

  /** Lets the program start; also when this process dies before. */
  open(): void {
    closeSync(this.reader)
    closeSync(this.#writer)
  }
}

/** Behind the shell's back: env(1) puts its variables as they were given. It would take a program's name with "=" for one more. */
function asGiven({ argv, env }: Spec): string[] {
  if (argv[0]!.includes("=")) return argv
  const surplus = SHELLS_OWN.filter(name => !(name in env)).flatMap(name => ["-u", name])
  const given = SHELLS_OWN.filter(name => name in env).map(name => `${name}=${env[name]}`)
  return ["/usr/bin/env", ...surplus, ...given, ...argv]
}
