// Persistence of sessions: forwards changes to the durable store and to recovery.

import type { Session } from "../session/session.ts"
import type { DurableSessions } from "./durable.ts"
import type { Recovery } from "./recovery.ts"

export class Persistence {
  /** How processes that outlive the server by themselves are found again. */
  recovery: Recovery | null = null
  #store: DurableSessions | null

  constructor(store: DurableSessions | null) {
    this.#store = store
  }

  /** Stores changed properties of a durable session. */
  update(session: Session): void {
    if (session.durable) this.#store?.update(session)
  }

  /** Stores changes that recovery needs: where the process is, and who owns its lease. */
  note(session: Session): void {
    if (session.recoverable) this.recovery?.note(session)
  }

  ended(session: Session): void {
    this.update(session)
    this.recovery?.forget(session.id)
  }

  forget(session: Session): void {
    this.recovery?.forget(session.id)
    if (session.durable) this.#store?.remove(session.id)
  }

  /** Whether the session goes on after an orderly stop of the server. */
  outlives(session: Session): boolean {
    if (session.endsWithServer) return false
    const found =
      this.recovery !== null && session.recoverable && session.name !== null && session.owner !== null
    return session.durable || (found && session.life.state === "running")
  }

  close(): void {
    this.#store?.close()
  }
}
