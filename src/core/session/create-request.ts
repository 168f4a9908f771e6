// The request for a new session.

import type { Backend, Size } from "./backend.ts"
import type { Restart } from "./options.ts"

export type CreateRequest = {
  argv?: string[]
  command?: string
  cwd?: string
  env?: Record<string, string>
  /** Variables of the server's environment that the program does not get. */
  without?: string[]
  /** What could not be done as asked. */
  warnings?: string[]
  size: Size
  backend: string
  separateStreams: boolean
  echo: boolean
  raw?: boolean
  /** Records input, except while the terminal's echo is off. */
  recordInput?: boolean
  name?: string
  tags: string[]
  owner?: string
  /** The leases of one owner's sessions in a workspace have the same owner. */
  workspace?: string
  logLimit?: number
  /** For a command that a person must approve: the approval's id, its purpose, who asks, and why. */
  approval?: string
  scope?: string
  reason?: string
  by?: string
  /** Whether a surface was given a confirmation for exactly this start. */
  confirmed?: boolean
  /** The caller's directory and environment; the server's by default. */
  surroundings?: { cwd: string; env: Record<string, string> }
  timeoutMs?: number
  idleTimeoutMs?: number
  /** Whether the session outlives this process. The default is the backend's: see `Backend.durable`. */
  durable?: boolean
  /** Whether an orderly stop of the server ends a durable session, too. A crash does not. */
  endsWithServer?: boolean
  /** What happens when its process is lost; "manual" by default. */
  restart?: Restart
}

/** Picks the backend for a name such as "auto", and the one to use when it is unavailable. */
export type ChooseBackend = (
  kind: string,
  separateStreams: boolean,
) => { backend: Backend; fallback?: Backend }
