// The request for a new session.

import type { ProposedStart } from "../access/approvals.ts"
import type { SpawnRequest } from "../access/policy.ts"
import type { Backend } from "./backend.ts"
import type { Restart } from "./options.ts"

/** What to spawn, what a person must approve of it, and how the session behaves. */
export type CreateRequest = SpawnRequest &
  ProposedStart & {
    /** What could not be done as asked. */
    warnings?: string[]
    backend: string
    separateStreams: boolean
    tags: string[]
    /** The leases of one owner's sessions in a workspace have the same owner. */
    workspace?: string
    logLimit?: number
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
