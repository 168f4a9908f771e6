// Admission: whether the limits allow one more session, and whether its name is free.

import { checkName } from "../access/policy.ts"
import { PtylineError } from "../lib/errors.ts"
import type { Limits } from "../lib/limits.ts"
import type { CreateRequest } from "../session/create-request.ts"
import type { Session } from "../session/session.ts"
import type { SessionIndex } from "./session-index.ts"

export class Admission {
  #index: SessionIndex
  #limits: Limits
  #remove: (session: Session) => void

  /** `remove` is called with ended sessions that must make room. */
  constructor(index: SessionIndex, limits: Limits, remove: (session: Session) => void) {
    this.#index = index
    this.#limits = limits
    this.#remove = remove
  }

  /** Admits a new session. Throws `invalid_input`, `conflict` and `limit_reached`. */
  admit(request: CreateRequest): void {
    checkName(request.name)
    this.#checkCount()
    this.#index.demandFree(request.name)
    const wanted = (request.logLimit ?? this.#limits.logBytes) * (request.separateStreams ? 3 : 1)
    const total = this.#index.list().reduce((sum, session) => sum + logBytes(session), wanted)
    if (total > this.#limits.totalLogBytes && !this.#makeRoom(total - this.#limits.totalLogBytes))
      throw new PtylineError(
        "limit_reached",
        `the logs of all sessions would exceed ${this.#limits.totalLogBytes} bytes`,
      )
  }

  /** Admits an ended session that starts again with its log. Throws `conflict` and `limit_reached`. */
  readmit(session: Session): void {
    this.#checkCount()
    this.#index.demandFree(session.name ?? undefined, session)
  }

  #checkCount(): void {
    if (this.#index.running + this.#index.starting >= this.#limits.sessions)
      throw new PtylineError("limit_reached", `too many running sessions: at most ${this.#limits.sessions}`)
  }

  /** Removes ended sessions, oldest first, until `bytes` of log are free; none when that is not enough. */
  #makeRoom(bytes: number): boolean {
    const oldest: Session[] = []
    let free = 0
    for (const session of this.#index.list().reverse()) {
      if (free >= bytes) break
      if (session.life.state !== "finished") continue
      free += logBytes(session)
      oldest.push(session)
    }
    if (free < bytes) return false
    for (const session of oldest) this.#remove(session)
    return true
  }
}

/** Returns the bytes of output a session may keep. Separate streams are kept separately and merged. */
const logBytes = (session: Session) => session.log.limit * (session.output.streams ? 3 : 1)
