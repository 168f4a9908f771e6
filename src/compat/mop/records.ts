// What is kept of a key beyond the server's life, and where.

import type { Waiver } from "./waivers.ts"

/** One key: `hash` of it (`Keys.hash`), the session it opens, and what its clients set. */
export type KeyRecord = {
  hash: string
  sessionId: string
  waivers: Waiver[]
  tags: unknown[]
  flagged: boolean
}

/** Keeps records through a crash. Writing twice replaces; removing what is not there is fine. */
export interface Records {
  list(): KeyRecord[]
  put(record: KeyRecord): void
  remove(hash: string): void
}
