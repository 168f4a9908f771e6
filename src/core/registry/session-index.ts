// Which sessions there are, by id and by name, and which names are held for those that are just being started.

import { PtylineError } from "../lib/errors.ts"
import type { Session } from "../session/session.ts"

export class SessionIndex {
  #byId = new Map<string, Session>()
  /** One per session that is being started; undefined for one without a name. */
  #claimed: (string | undefined)[] = []

  /** In place of one of the same id. */
  add(session: Session): void {
    this.#byId.set(session.id, session)
  }

  /** False when there was none. */
  delete(id: string): boolean {
    return this.#byId.delete(id)
  }

  has(id: string): boolean {
    return this.#byId.has(id)
  }

  /** Is it this very session that its id stands for? Not once it was forgotten or started again. */
  holds(session: Session): boolean {
    return this.#byId.get(session.id) === session
  }

  /** By id, or by name: the running session of that name, else the newest ended one. Throws `not_found`. */
  get(idOrName: string): Session {
    const session = this.#byId.get(idOrName) ?? this.#named(idOrName)
    if (!session) throw new PtylineError("not_found", `no session ${JSON.stringify(idOrName.slice(0, 200))}`)
    return session
  }

  /** Newest activity first. */
  list(): Session[] {
    return [...this.#byId.values()].sort((a, b) => since(b, a) || b.activity - a.activity)
  }

  get running(): number {
    let n = 0
    for (const session of this.#byId.values()) if (session.life.state === "running") n++
    return n
  }

  /** How many are being started. */
  get starting(): number {
    return this.#claimed.length
  }

  /** Holds a name, and a place among the running, for what is being started. */
  async claiming(name: string | undefined, start: () => Promise<Session>): Promise<Session> {
    this.#claimed.push(name)
    try {
      return await start()
    } finally {
      this.#claimed.splice(this.#claimed.indexOf(name), 1)
    }
  }

  /** Throws `conflict` unless the name is free, but for the session that is to have it. */
  demandFree(name: string | undefined, forWhom?: Session): void {
    if (name === undefined) return
    if (this.#claimed.includes(name))
      throw new PtylineError("conflict", `a session named ${JSON.stringify(name)} is being started`)
    const holder = this.#named(name)
    if (holder && holder !== forWhom && holder.life.state === "running")
      throw new PtylineError("conflict", `a running session is already named ${JSON.stringify(name)}`, {
        id: holder.id,
      })
  }

  #named(name: string): Session | undefined {
    let found: Session | undefined
    for (const session of this.#byId.values())
      if (session.name === name && (found?.life.state !== "running" || session.life.state === "running"))
        found = session
    return found
  }
}

const since = (a: Session, b: Session): number => a.lastActiveAt.getTime() - b.lastActiveAt.getTime()
