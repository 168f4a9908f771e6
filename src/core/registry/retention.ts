// Retention of ended sessions: how long they stay, and how many.

import type { Limits } from "../lib/limits.ts"
import type { Timers } from "../lib/timers.ts"
import type { Session } from "../session/session.ts"
import type { SessionIndex } from "./session-index.ts"

export class SessionRetention {
  #index: SessionIndex
  #limits: Limits
  #timers: Timers<Session>
  #remove: (session: Session) => void
  #news = new WeakSet<Session>()

  constructor(
    index: SessionIndex,
    limits: Limits,
    timers: Timers<Session>,
    remove: (session: Session) => void,
  ) {
    this.#index = index
    this.#limits = limits
    this.#timers = timers
    this.#remove = remove
  }

  /** Marks a session that ended while no server ran: no client can know of its end yet. */
  markNews(session: Session): void {
    this.#news.add(session)
  }

  /**
   * Also removes others above the limit now. Lost sessions stay longer, since they may be started again, and
   * are counted separately. The time of a session marked as news begins now, and it is not counted.
   */
  schedule(session: Session): void {
    const { retentionMs, lostRetentionMs, retained } = this.#limits
    const age = this.#news.has(session) ? 0 : Date.now() - session.life.exit!.at.getTime()
    const left = (session.life.lost ? lostRetentionMs : retentionMs) - age
    this.#timers.after(session, Math.max(0, left), () => this.#remove(session))
    const ended = this.#index
      .list()
      .filter(other => other.life.state === "finished" && !this.#news.has(other))
    for (const lost of [true, false])
      for (const old of ended.filter(other => other.life.lost === lost).slice(retained)) this.#remove(old)
  }
}
