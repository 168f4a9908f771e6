// The registry: makes sessions, finds them by id or name, keeps them for a while after they ended.

import type { Approvals } from "../access/approvals.ts"
import { Confirmations } from "../access/danger.ts"
import { Grants } from "../access/grants.ts"
import type { LeaseChange } from "../access/lease.ts"
import { checkName, type SpawnDefaults } from "../access/policy.ts"
import { PtylineError } from "../lib/errors.ts"
import { DEFAULT_LIMITS, type Limits } from "../lib/limits.ts"
import { Timers } from "../lib/timers.ts"
import type { ChooseBackend, CreateRequest } from "../session/create-request.ts"
import { Records } from "../session/records.ts"
import type { Session } from "../session/session.ts"
import { Admission } from "./admission.ts"
import type { DurableSession, DurableSessions } from "./durable.ts"
import { EventLog } from "./events.ts"
import { SessionIndex } from "./index.ts"
import { Launcher } from "./launcher.ts"
import { Persistence } from "./persistence.ts"
import type { Recovery } from "./recovery.ts"
import { SessionRetention } from "./retention.ts"
import { limitTime } from "./time-limits.ts"
import { Workspaces } from "./workspaces.ts"

/** How often a session may be started again by itself: so many times in so many ms. */
const MOST_LATELY = 3
const LATELY_MS = 60_000

export class Sessions {
  readonly limits: Limits
  readonly defaults: SpawnDefaults
  /** What surfaces keep about the server as a whole; survives it where there is a state directory. */
  readonly records: Records
  /** Named tokens and shares. */
  readonly grants: Grants
  /** Dangerous commands that somebody confirmed, whichever surface asked. */
  readonly confirmations = new Confirmations()
  /** With it dangerous commands need a person's yes, on every surface. */
  #approvals: Approvals | null = null
  /** What happened to sessions, for whoever follows the server as a whole. */
  readonly events = new EventLog()
  #launcher: Launcher
  #survival: Persistence
  #admission: Admission
  #retention: SessionRetention
  /** Ids of sessions that are being started again. */
  #again = new Set<string>()
  #closing = false
  #roster = new SessionIndex()
  #timers = new Timers<Session>()
  #workspaces = new Workspaces()

  /** `keeper` makes sessions that outlive this process; without one there are none. */
  constructor(
    choose: ChooseBackend,
    defaults: SpawnDefaults,
    limits: Partial<Limits> = {},
    keeper: DurableSessions | null = null,
    records = new Records(),
  ) {
    this.records = records
    this.grants = new Grants(records)
    this.defaults = defaults
    this.limits = { ...DEFAULT_LIMITS, ...limits }
    this.#launcher = new Launcher(choose, defaults, this.limits, keeper)
    this.#survival = new Persistence(keeper)
    const forget = (session: Session) => this.remove(session)
    this.#admission = new Admission(this.#roster, this.limits, forget)
    this.#retention = new SessionRetention(this.#roster, this.limits, this.#timers, forget)
  }

  /**
   * Starts a session: durable as the request says, else where it can be had. The one place for every surface. Rejects with
   * `invalid_input`, `conflict`, `limit_reached`, `spawn_failed`; `unavailable` for one that must be durable and cannot be.
   */
  async start(request: CreateRequest): Promise<Session> {
    this.#admit(request)
    const { held, warnings } = this.#launcher.place(request)
    if (!held) return this.#here(request, warnings)
    const giveBack = this.#approvals?.admit(request)
    try {
      return this.#register(await this.#roster.claiming(request.name, () => this.#launcher.held(request)))
    } catch (error) {
      giveBack?.()
      throw error
    }
  }

  /** Starts a session that ends with this process, at once. Throws as `start` rejects. */
  create(request: CreateRequest): Session {
    this.#admit(request)
    return this.#here(request, [])
  }

  #here(request: CreateRequest, warnings: string[]): Session {
    const giveBack = this.#approvals?.admit(request)
    try {
      return this.#register(this.#launcher.here(request, warnings))
    } catch (error) {
      giveBack?.()
      throw error
    }
  }

  /** From now on processes that outlive the server by themselves can be found again. */
  useRecovery(recovery: Recovery): void {
    this.#survival.useRecovery(recovery)
  }

  /** Takes up a session of an earlier server. Rejects with `conflict` or `not_found`; nothing is changed then. */
  async recover(name: string, owner: string): Promise<Session> {
    if (this.list().some(s => s.life.state === "running" && s.name === name && s.owner === owner))
      throw new PtylineError("conflict", `session is already live: ${name}`)
    const kept = this.#survival.recovery?.recover(name, owner) ?? []
    const taken: Session[] = []
    for (const one of kept) taken.push(this.#register(await this.#launcher.adopt(one)))
    if (!taken[0]) throw new PtylineError("not_found", `no recoverable session ${JSON.stringify(name)}`)
    return taken[0]
  }

  get approvals(): Approvals | null {
    return this.#approvals
  }

  /** From now on dangerous commands need a person's yes. */
  requireApprovals(approvals: Approvals): void {
    this.#approvals = approvals
    approvals.listen(approval => this.events.add({ type: "approval.changed", approval: { ...approval } }))
  }

  /** Takes up a kept session, alive or ended. */
  async adopt(kept: DurableSession): Promise<Session> {
    const session = await this.#launcher.adopt(kept)
    if (kept.news && session.life.state === "finished") this.#retention.isNews(session)
    return this.#register(session)
  }

  /**
   * Starts an ended session once more: the same id, name, words, directory, environment and size, its output behind what it
   * printed before. Rejects with `conflict` while it runs or when it must never be, and as `start` does.
   */
  async relaunch(session: Session, approval?: string): Promise<Session> {
    this.#admitAgain(session)
    const { argv, cwd } = session.spec
    const giveBack = this.#approvals?.admit({ argv, cwd, owner: session.owner ?? undefined, approval })
    this.#again.add(session.id)
    try {
      const next = await this.#roster.claiming(session.name ?? undefined, () => this.#launcher.again(session))
      if (!this.#roster.holds(session)) return await this.#tooLate(next)
      this.#letGo(session)
      return this.#register(next, "session.updated")
    } catch (error) {
      giveBack?.()
      throw error
    } finally {
      this.#again.delete(session.id)
    }
  }

  /** The session was forgotten while it was started again. */
  async #tooLate(session: Session): Promise<never> {
    await session.end(0)
    session.remove()
    this.#survival.forget(session)
    throw new PtylineError("not_found", `session ${session.id} was removed`, { id: session.id })
  }

  #admitAgain(session: Session): void {
    const refused = (why: string) =>
      new PtylineError("conflict", `session ${session.label} ${why}`, { id: session.id })
    if (this.#closing) throw new PtylineError("unavailable", "the server is stopping")
    if (this.#again.has(session.id)) throw refused("is being started again")
    if (session.life.state !== "finished") throw refused("has not ended")
    if (session.restart === "never") throw refused("is never to be started again")
    this.#admission.admitAgain(session)
  }

  #register(session: Session, event: "session.created" | "session.updated" = "session.created"): Session {
    this.#roster.add(session)
    session.records.changed = () => this.#survival.update(session)
    this.events.add({ type: event, session })
    this.#workspaces.join(session)
    session.lease.listen(change => this.#leased(session, change))
    this.#survival.note(session)
    limitTime(session, this.#timers)
    void this.#accompany(session)
    return session
  }

  #leased(session: Session, change: LeaseChange): void {
    this.events.add({ type: "lease.changed", session, change })
    this.#survival.note(session)
  }

  /** By id, or by name: the running session of that name, else the newest ended one. */
  get(idOrName: string): Session {
    return this.#roster.get(idOrName)
  }

  /** Is there one of this id? */
  has(id: string): boolean {
    return this.#roster.has(id)
  }

  /** Newest activity first. */
  list(): Session[] {
    return this.#roster.list()
  }

  get running(): number {
    return this.#roster.running
  }

  /** Throws `invalid_input` or `conflict` and changes nothing then. Call `updated` when all changes are made. */
  rename(session: Session, name: string | null): void {
    checkName(name)
    this.#roster.demandFree(name ?? undefined, session)
    session.name = name
  }

  updated(session: Session): void {
    this.#survival.update(session)
    this.#survival.note(session)
    this.events.add({ type: "session.updated", session })
  }

  /** Forgets a session; what still runs of it is let go, so end it first. */
  remove(session: Session): void {
    if (!this.#roster.delete(session.id)) return
    this.#timers.clear(session)
    session.remove()
    this.grants.forget(session.id)
    this.#survival.forget(session)
    this.events.add({ type: "session.removed", id: session.id })
  }

  /** Will it start no more sessions? */
  get closing(): boolean {
    return this.#closing
  }

  /** Does it go on when the server stops in order? */
  outlives(session: Session): boolean {
    return this.#survival.outlives(session)
  }

  /** Ends every session at once, lets the durable ones go on alone unless `all`, and starts no more; for the server's own end. */
  async close(graceMs: number, all = false): Promise<void> {
    this.#closing = true
    for (const session of this.list()) if (!all && this.outlives(session)) this.#letGo(session)
    await Promise.all(this.list().map(session => session.end(graceMs)))
    for (const session of this.list()) this.remove(session)
    this.#survival.close()
    this.events.close()
  }

  #letGo(session: Session): void {
    this.#roster.delete(session.id)
    this.#timers.clear(session)
    session.remove()
  }

  #admit(request: CreateRequest): void {
    if (this.#closing) throw new PtylineError("unavailable", "the server is stopping")
    this.#admission.admit(request)
  }

  /** Tells the world about the session's exit and forgets it in time. */
  async #accompany(session: Session): Promise<void> {
    let [title, viewers, size] = [session.title, session.viewers.count, session.size]
    while (!session.life.closed) {
      await session.altered.wait()
      if (title === session.title && viewers === session.viewers.count && size === session.size) continue
      ;[title, viewers, size] = [session.title, session.viewers.count, session.size]
      this.updated(session)
    }
    this.#timers.clear(session)
    if (session.life.state === "removed") return
    this.#survival.ended(session)
    this.events.add({ type: "session.exited", session })
    while (session.life.state === "exited") await session.altered.wait()
    if (!this.#roster.holds(session)) return
    if (session.life.lost && session.restart === "always" && !this.#closing) return this.#revive(session)
    this.#retention.forgetInTime(session)
  }

  /** One that is lost over and over is left alone. */
  #revive(session: Session): void {
    const lately = session.launches.filter(({ at }) => at > Date.now() - LATELY_MS)
    if (lately.length >= MOST_LATELY) return this.#retention.forgetInTime(session)
    this.relaunch(session).catch(() => this.#retention.forgetInTime(session))
  }
}
