// What can be asked of a new session.

import type { Backend, Size } from "./backend.ts"
import type { Restart } from "./options.ts"

export type CreateRequest = {
  argv?: string[]
  command?: string
  cwd?: string
  env?: Record<string, string>
  /** Variables of the server's environment that it does not get. */
  without?: string[]
  /** What could not be done as asked. */
  warnings?: string[]
  size: Size
  backend: string
  separateStreams: boolean
  echo: boolean
  raw?: boolean
  /** Keep input, too, but never while the terminal's echo is off. */
  recordInput?: boolean
  name?: string
  tags: string[]
  owner?: string
  /** Sessions of one owner and workspace share their lease's holder. */
  workspace?: string
  logLimit?: number
  /** For a dangerous command, where a person must allow it: the approval's id, what it is for, and who asks and why. */
  approval?: string
  scope?: string
  reason?: string
  by?: string
  /** A surface was given a confirmation for just this start. */
  confirmed?: boolean
  /** Where the caller itself is and its environment, where it has one of its own; else the server's. */
  surroundings?: { cwd: string; env: Record<string, string> }
  timeoutMs?: number
  idleTimeoutMs?: number
  /** Outlive this process? Left out: where that can be had, but for the backend echo. */
  durable?: boolean
  /** A durable session that an orderly stop of the server ends all the same; a crash does not. */
  endsWithServer?: boolean
  /** What happens when its process is lost; "manual" by default. */
  restart?: Restart
}

/** Picks the backend for a name such as "auto"; `warnings` say what was given up. */
export type ChooseBackend = (
  kind: string,
  separateStreams: boolean,
) => { backend: Backend; fallback?: Backend }
