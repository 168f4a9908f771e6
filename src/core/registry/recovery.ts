// Recovery interface: finds processes that outlived their server without a stored log (tmux).

import type { Session } from "../session/session.ts"
import type { DurableSession } from "./durable.ts"

export interface Recovery {
  /** Stores what is needed to find the process again. Call it after every change. */
  note(session: Session): void
  /** Removes what is stored of a session that ended. */
  forget(id: string): void
  /** Returns the whole workspace. Throws `not_found`; `conflict` when a session is not exactly as it was. */
  recover(name: string, owner: string): DurableSession[]
}
