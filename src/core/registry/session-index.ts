// Session index: sessions by id and by name, and names reserved for sessions that are starting.

import { PtylineError } from "../lib/errors.ts"
import type { Session } from "../session/session.ts"

export class SessionIndex {
  #byId = new Map<string, Session>()
  /** The name of each session that is starting; undefined for one without a name. */
  #reserved: (string | undefined)[] = []

  /** Adds a session, in place of one with the same id. */
  add(session: Session): void {
    this.#byId.set(session.id, session)
  }

  /** Returns false for an unknown id. */
  delete(id: string): boolean {
    return this.#byId.delete(id)
  }

  has(id: string): boolean {
    return this.#byId.has(id)
  }

  /** Whether the id still stands for this session: not after it was removed or started again. */
  isCurrent(session: Session): boolean {
    return this.#byId.get(session.id) === session
  }

  /** Returns a session by id, or the running or newest ended one of that name. Throws `not_found`. */
  get(idOrName: string): Session {
    const session = this.#byId.get(idOrName) ?? this.#named(idOrName)
    if (!session) throw new PtylineError("not_found", `no session ${JSON.stringify(idOrName.slice(0, 200))}`)
    return session
  }

  /** Returns the sessions, the last used first. */
  list(): Session[] {
    return [...this.#byId.values()].sort((a, b) => since(b, a) || b.activity - a.activity)
  }

  get running(): number {
    let n = 0
    for (const session of this.#byId.values()) if (session.life.state === "running") n++
    return n
  }

  get starting(): number {
    return this.#reserved.length
  }

  /** Reserves a name, and a place among the running sessions, during `start`. */
  async reserve(name: string | undefined, start: () => Promise<Session>): Promise<Session> {
    this.#reserved.push(name)
    try {
      return await start()
    } finally {
      this.#reserved.splice(this.#reserved.indexOf(name), 1)
    }
  }

  /** Throws `conflict` unless the name is free, or belongs to `owner`. */
  demandFree(name: string | undefined, owner?: Session): void {
    if (name === undefined) return
    if (this.#reserved.includes(name))
      throw new PtylineError("conflict", `a session named ${JSON.stringify(name)} is starting`)
    const other = this.#named(name)
    if (other && other !== owner && other.life.state === "running")
      throw new PtylineError("conflict", `a running session is already named ${JSON.stringify(name)}`, {
        id: other.id,
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
