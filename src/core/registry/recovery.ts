// Recovery interface: finds processes that outlived their server without a stored log (tmux).

import type { Session } from "../session/session.ts"
import type { DurableSession } from "./durable.ts"

export interface Recovery {
  /** Stores what is needed to find the process again. Call it after every change. */
  note(session: Session): void
  /** Removes what is stored of a session that ended. */
  forget(id: string): void
  /**
   * Returns the session of this name and owner, and all others of its workspace. Throws `not_found` when
   * there is none, and `conflict` with the reason when not all of them are exactly as they were.
   */
  recover(name: string, owner: string): DurableSession[]
}
