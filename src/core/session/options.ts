// What a session is made with.

import type { LeaseChange } from "../access/lease.ts"
import type { Archive } from "../log/archive.ts"
import type { Spec } from "./backend.ts"
import type { RecordEntry } from "./records.ts"
import type { Session } from "./session.ts"

/** What happens to a session whose process was lost: nothing ever, nothing unless asked, or it is started again. */
export const RESTARTS = ["never", "manual", "always"] as const
export type Restart = (typeof RESTARTS)[number]
/** Where in the log a further process begins, and when it did, in ms since 1970. */
export type Launch = { offset: number; at: number }

export type SessionOptions = {
  id: string
  spec: Spec
  backend: string
  tty: boolean
  separateStreams: boolean
  logLimit: number
  name: string | null
  tags: string[]
  owner: string | null
  /** What last happened to its lease in an earlier life. */
  lastLease?: LeaseChange | null
  /** Is there a terminal behind it that answers the program's questions itself? */
  answers?: boolean
  /** See `Backend.recoverable`. */
  recoverable?: boolean
  /** Sessions of one owner and workspace share their lease's holder. */
  workspace?: string | null
  warnings: string[]
  /** See `CreateRequest`. */
  endsWithServer?: boolean
  timeoutMs?: number
  idleTimeoutMs?: number
  restart?: Restart
  /** Processes it had beyond the first. */
  launches?: Launch[]
  /** The session of the process before, whose log this one goes on with. */
  earlier?: Session
  /** What surfaces kept about an earlier life. */
  facts?: RecordEntry[]
  /** Older output than memory holds; with it the session is durable. */
  archive?: Archive
  /** Where memory begins when the session had an earlier life, and since when it exists. */
  start?: number
  createdAt?: Date
}
