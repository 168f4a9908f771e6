// Finding a process again that outlived its server though nobody kept its output.

import type { Session } from "../session/session.ts"
import type { DurableSession } from "./durable.ts"

export interface Recovery {
  /** Writes down what is needed to find it again; to be called whenever that changes. */
  note(session: Session): void
  /** It ended. */
  forget(id: string): void
  /**
   * The session of this name and owner, and with it all others of its workspace. Throws `not_found` when there is none, and
   * `conflict`, saying why, when not all of them are exactly as they were left.
   */
  recover(name: string, owner: string): DurableSession[]
}
