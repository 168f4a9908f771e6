// What the surface asks of the attic, the archive of sessions that were flagged (contract mop, 3.7).

import type { Session } from "../../../core/session/session.ts"

/** What `init{attic}` tells of a record. */
export type AtticRecord = { program: string; pickle: unknown; port: number | "Not Found" }

/** `id` is a key's hash (`Keys.hash`). Every rejection's message is shown to the client: "Not found", "Corrupted data", "Attic is full". */
export interface MopAttic {
  load(id: string): Promise<AtticRecord>
  /**
   * Writes a session's record. `end` ends its process and is called once, after what only a living process can tell was
   * found out; on a graceful stop it does nothing. Without `pickle` an earlier record's is kept.
   */
  store(
    id: string,
    session: Session,
    facts: { tags: unknown[]; pickle?: unknown },
    end: () => Promise<void>,
  ): Promise<void>
  /** Passes `info` to the service that the session's own processes offer; resolves with its body, parsed if it is JSON. */
  tell(session: Session, info: string): Promise<unknown>
}
