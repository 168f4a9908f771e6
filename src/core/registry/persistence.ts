// What must be known of sessions beyond this process: facts of the durable ones, and where processes are found again that go on by themselves.

import type { Session } from "../session/session.ts"
import type { DurableSessions } from "./durable.ts"
import type { Recovery } from "./recovery.ts"

export class Persistence {
  #keeper: DurableSessions | null
  #recovery: Recovery | null = null

  constructor(keeper: DurableSessions | null) {
    this.#keeper = keeper
  }

  useRecovery(recovery: Recovery): void {
    this.#recovery = recovery
  }

  get recovery(): Recovery | null {
    return this.#recovery
  }

  /** Some of its facts changed. */
  update(session: Session): void {
    if (session.durable) this.#keeper?.update(session)
  }

  /** So did what finds its process again: where it is, or who holds it. */
  note(session: Session): void {
    if (session.recoverable) this.#recovery?.note(session)
  }

  /** Its process is gone. */
  ended(session: Session): void {
    this.update(session)
    this.#recovery?.forget(session.id)
  }

  forget(session: Session): void {
    this.#recovery?.forget(session.id)
    if (session.durable) this.#keeper?.remove(session.id)
  }

  /** Does it go on when the server stops in order? */
  outlives(session: Session): boolean {
    if (session.endsWithServer) return false
    const found =
      this.#recovery !== null && session.recoverable && session.name !== null && session.owner !== null
    return session.durable || (found && session.life.state === "running")
  }

  close(): void {
    this.#keeper?.close()
  }
}
