// Stored facts about a session, apart from its log.

import type { ExitStatus, Size } from "../../core/session/backend.ts"
import type { Restart } from "../../core/session/options.ts"
import type { Launch } from "../../core/session/output.ts"
import type { RecordEntry } from "../../core/session/records.ts"

/** Identifies a process; a later one with the same pid has another start time or boot id. */
export type HolderRecord = { pid: number; startTime: number; bootId: string }

/** Times are in ms since the epoch, `logLimit` in bytes. */
export type SessionRecord = {
  id: string
  name: string | null
  tags: string[]
  owner: string | null
  backend: string
  argv: string[]
  cwd: string
  size: Size
  createdAt: number
  state: "running" | "exited" | "finished"
  exit: (ExitStatus & { at: number }) | null
  holder: HolderRecord | null
  logLimit: number
}

/** Includes what only the session's own directory stores, encrypted: enough to start it again. */
export type SessionMeta = SessionRecord & {
  env: Record<string, string>
  echo: boolean
  raw?: boolean
  recordInput?: boolean
  tty: boolean
  separateStreams: boolean
  title: string
  warnings: string[]
  /** These fields are missing in files of earlier versions. */
  workspace?: string | null
  endsWithServer?: boolean
  timeoutMs?: number
  idleTimeoutMs?: number
  facts?: RecordEntry[]
  restart?: Restart
  launches?: Launch[]
}
