// A command of the shell as data: what it takes, how its help reads, and what it does.

import type { Flags } from "./flags.ts"

export type Verb = {
  name: string
  summary: string
  flags: Flags
  /** Plain words it takes, by name; ID... for all that are left. */
  words?: string[]
  /** What stands behind `--`. */
  rest?: string
  /** Paragraphs that its help has behind the flags. */
  about?: string[]
  /** Lines that work as they are, and what each does. */
  examples?: [line: string, what: string][]
  /** What its exit codes mean where that is not the same as everywhere. */
  codes?: [code: string, meaning: string][]
  /** Its settings' environment variables begin so; without it they have none. */
  environment?: string
  run(args: string[]): Promise<number>
}

/** The exit codes that all commands share. */
export const CODES: [string, string][] = [
  ["0", "done"],
  ["1", "failed"],
  ["2", "wrong usage"],
  ["3", "no such session"],
  ["4", "no server to be reached"],
]
