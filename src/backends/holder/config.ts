// Messages at a holder's start: its configuration on stdin, and its reply on stdout.

import type { Spec } from "../../core/session/backend.ts"
import type { SyncPolicy } from "../../store/segments/sync.ts"

/** One JSON line on the holder's stdin. `key` (base64) encrypts the log; argv would reveal it. */
export type HolderConfig = {
  id: string
  spec: Spec
  /** A kind of `HOLDER_BACKENDS`. */
  backend: string
  directory: string
  socket: string
  key: string
  diskLimit: number
  sync: SyncPolicy
  /** For a relaunch: where its output starts in the log, and its number, from 1. */
  start?: number
  relaunch?: number
}

/** One JSON line on the holder's stdout: it serves its socket, or the reason why it cannot. */
export type HolderReply =
  | { pid: number }
  | { error: { code: string; message: string; details: Record<string, unknown> } }
