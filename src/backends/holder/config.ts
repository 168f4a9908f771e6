// What a holder is told when it is started, over an inherited descriptor, and what it answers.

import type { Spec } from "../../core/session/backend.ts"
import type { SyncPolicy } from "../../store/segments/sync.ts"

/** One JSON line on the holder's stdin. `key` (base64) encrypts the log; it is never in argv or environment. */
export type HolderConfig = {
  id: string
  spec: Spec
  backend: "terminal" | "pipe" | "mixed" | "echo"
  directory: string
  socket: string
  key: string
  diskLimit: number
  sync: SyncPolicy
  /** Where output goes on that earlier processes printed, and the how manieth behind the first this one is. */
  start?: number
  relaunch?: number
}

/** One JSON line on its stdout: it serves, or why it does not. */
export type HolderReady =
  | { pid: number }
  | { error: { code: string; message: string; details: Record<string, unknown> } }
