// Server events: a short numbered log of what happened to sessions, followed like a session's output.

import type { Approval } from "../access/approvals.ts"
import type { LeaseChange } from "../access/lease.ts"
import { Wake } from "../lib/wake.ts"
import type { Session } from "../session/session.ts"

export type ServerEvent =
  | { type: "session.created" | "session.updated" | "session.exited"; session: Session }
  | { type: "session.removed"; id: string }
  | { type: "lease.changed"; session: Session; change: LeaseChange }
  | { type: "approval.changed"; approval: Approval }

const MAX_EVENTS = 1024

export class EventLog {
  #events: { sequence: number; event: ServerEvent }[] = []
  #next = 1
  #closed = false
  #changed = new Wake()

  /** The number of the next event. */
  get next(): number {
    return this.#next
  }

  add(event: ServerEvent): void {
    this.#events.push({ sequence: this.#next++, event })
    if (this.#events.length > MAX_EVENTS) this.#events.shift()
    this.#changed.fire()
  }

  close(): void {
    this.#closed = true
    this.#changed.fire()
  }

  /** Yields the events from number `from` on; `missed` in place of events that are no longer available. */
  async *follow(from: number, signal?: AbortSignal) {
    let cursor = from
    while (!signal?.aborted) {
      const oldest = this.#next - this.#events.length
      if (cursor < oldest) {
        yield { sequence: oldest - 1, event: { type: "missed" as const } }
        cursor = oldest
      }
      const entry = this.#events[cursor - oldest]
      if (entry) {
        cursor = entry.sequence + 1
        yield entry
      } else if (this.#closed) return
      else await this.#changed.wait(signal)
    }
  }
}
