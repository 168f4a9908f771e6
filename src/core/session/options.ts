// What a session is created from.

import type { LeaseChange } from "../access/lease.ts"
import type { Archive } from "../log/archive.ts"
import type { Spec } from "./backend.ts"
import type { Launch, OutputParts } from "./output.ts"
import type { RecordEntry, Records } from "./records.ts"

/** Whether a session starts again after its process was lost: never, only on request, or by itself. */
export const RESTARTS = ["never", "manual", "always"] as const
export type Restart = (typeof RESTARTS)[number]

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
  /** The last event of its lease in an earlier life. */
  lastLease?: LeaseChange | null
  /** Whether the backend has a terminal that answers the program's queries. */
  answers?: boolean
  recoverable?: boolean
  workspace?: string | null
  warnings: string[]
  endsWithServer?: boolean
  timeoutMs?: number
  idleTimeoutMs?: number
  restart?: Restart
  /** Its processes after the first. */
  launches?: Launch[]
  /** The session of the process before, whose output and records this one continues. */
  earlier?: { readonly output: OutputParts; readonly records: Records }
  /** Records of an earlier life. */
  facts?: RecordEntry[]
  /** Older output than memory holds; with it the session is durable. */
  archive?: Archive
  /** Where memory begins when the session had an earlier life. */
  start?: number
  createdAt?: Date
}
