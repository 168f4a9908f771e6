// How long ended sessions are kept, and how many of them.

import type { Limits } from "../lib/limits.ts"
import type { Timers } from "../lib/timers.ts"
import type { Session } from "../session/session.ts"
import type { SessionIndex } from "./index.ts"

export class SessionRetention {
  #roster: SessionIndex
  #limits: Limits
  #timers: Timers<Session>
  #forget: (session: Session) => void
  /** Sessions that ended while no server was there. */
  #news = new WeakSet<Session>()

  constructor(
    roster: SessionIndex,
    limits: Limits,
    timers: Timers<Session>,
    forget: (session: Session) => void,
  ) {
    this.#roster = roster
    this.#limits = limits
    this.#timers = timers
    this.#forget = forget
  }

  /** Nobody could have heard of its end before. */
  isNews(session: Session): void {
    this.#news.add(session)
  }

  /**
   * A lost session is kept longer, for it may be wanted again, and does not count among those that ended; nor does one whose end
   * nobody could have heard of before, and its time begins now.
   */
  forgetInTime(session: Session): void {
    const { retentionMs, lostRetentionMs, retained } = this.#limits
    const age = this.#news.has(session) ? 0 : Date.now() - session.life.exit!.at.getTime()
    const left = (session.life.lost ? lostRetentionMs : retentionMs) - age
    this.#timers.after(session, Math.max(0, left), () => this.#forget(session))
    const ended = this.#roster
      .list()
      .filter(other => other.life.state === "finished" && !this.#news.has(other))
    for (const lost of [true, false])
      for (const old of ended.filter(other => other.life.lost === lost).slice(retained)) this.#forget(old)
  }
}
