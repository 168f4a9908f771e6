// A command of the shell as data: its flags, its help, and how to run it.

import type { Flags } from "./flags.ts"

export type Verb = {
  name: string
  summary: string
  flags: Flags
  /** Names of the plain words it takes; `ID...` for all remaining ones. */
  words?: string[]
  /** Name of the words after `--`. */
  rest?: string
  /** Paragraphs of help after the flags. */
  about?: string[]
  /** Commands that work as they are, each with what it does. */
  examples?: [line: string, what: string][]
  /** Exit codes that differ from the shared ones. */
  codes?: [code: string, meaning: string][]
  /** Prefix of its settings' environment variables; without it they have none. */
  environment?: string
  /** Resolves with the exit code. `verbs` is the table of all commands. */
  run(args: string[], verbs: Verb[]): Promise<number>
}

/** The exit codes that all commands share. */
export const CODES: [string, string][] = [
  ["0", "success"],
  ["1", "failure"],
  ["2", "wrong usage"],
  ["3", "no such session"],
  ["4", "no server reachable"],
]
