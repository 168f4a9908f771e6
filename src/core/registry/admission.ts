// Is there room for one more session, and is its name free?

import { checkName } from "../access/policy.ts"
import { PtylineError } from "../lib/errors.ts"
import type { Limits } from "../lib/limits.ts"
import type { CreateRequest } from "../session/create-request.ts"
import type { Session } from "../session/session.ts"
import type { SessionIndex } from "./index.ts"

export class Admission {
  #roster: SessionIndex
  #limits: Limits
  #forget: (session: Session) => void

  /** `forget` is called with ended sessions that must make room. */
  constructor(roster: SessionIndex, limits: Limits, forget: (session: Session) => void) {
    this.#roster = roster
    this.#limits = limits
    this.#forget = forget
  }

  /** A new session. Throws `invalid_input`, `conflict` and `limit_reached`. */
  admit(request: CreateRequest): void {
    checkName(request.name)
    this.#admitOne()
    this.#roster.demandFree(request.name)
    const wanted = (request.logLimit ?? this.#limits.logBytes) * (request.separateStreams ? 3 : 1)
    const kept = this.#roster.list().reduce((sum, session) => sum + keptBy(session), wanted)
    if (kept > this.#limits.totalLogBytes && !this.#makeRoom(kept - this.#limits.totalLogBytes))
      throw new PtylineError(
        "limit_reached",
        `the logs of all sessions would exceed ${this.#limits.totalLogBytes} bytes`,
      )
  }

  /** An ended session once more, which has its log already. Throws `conflict` and `limit_reached`. */
  admitAgain(session: Session): void {
    this.#admitOne()
    this.#roster.demandFree(session.name ?? undefined, session)
  }

  #admitOne(): void {
    if (this.#roster.running + this.#roster.starting >= this.#limits.sessions)
      throw new PtylineError(
        "limit_reached",
        `${this.#limits.sessions} sessions are running, which is the limit`,
      )
  }

  /** Forgets ended sessions, oldest first, until `bytes` of log are free; none when all of them would not do. */
  #makeRoom(bytes: number): boolean {
    const oldest: Session[] = []
    let free = 0
    for (const session of this.#roster.list().reverse()) {
      if (free >= bytes) break
      if (session.life.state !== "finished") continue
      free += keptBy(session)
      oldest.push(session)
    }
    if (free < bytes) return false
    for (const session of oldest) this.#forget(session)
    return true
  }
}

/** Bytes of output a session may keep: streams apart are kept apart and also merged. */
const keptBy = (session: Session) => session.log.limit * (session.output.streams ? 3 : 1)
