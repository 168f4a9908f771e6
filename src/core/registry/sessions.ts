// Session registry: starts sessions, finds them, and removes them some time after their end.

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
import { Launcher } from "./launcher.ts"
import { Persistence } from "./persistence.ts"
import type { Recovery } from "./recovery.ts"
import { SessionRetention } from "./retention.ts"
import { SessionIndex } from "./session-index.ts"
import { limitTime } from "./time-limits.ts"
import { Workspaces } from "./workspaces.ts"

/** A lost session restarts by itself at most this many times in this time, in ms. */
const MAX_RESTARTS = 3
const RESTART_WINDOW_MS = 60_000

export class Sessions {
  readonly limits: Limits
  readonly defaults: SpawnDefaults
  /** Records about the server; they survive it if it has a state directory. */
  readonly records: Records
  readonly grants: Grants
  readonly confirmations = new Confirmations()
  /** If set, a person must approve dangerous commands, on every surface. */
  #approvals: Approvals | null = null
  readonly events = new EventLog()
  #launcher: Launcher
  #persistence: Persistence
  #admission: Admission
  #retention: SessionRetention
  #relaunching = new Set<string>()
  #closing = false
  #index = new SessionIndex()
  #timers = new Timers<Session>()
  #workspaces = new Workspaces()

  /** `store` keeps durable sessions; without a store there are none. */
  constructor(
    choose: ChooseBackend,
    defaults: SpawnDefaults,
    limits: Partial<Limits> = {},
    store: DurableSessions | null = null,
    records = new Records(),
  ) {
    this.records = records
    this.grants = new Grants(records)
    this.defaults = defaults
    this.limits = { ...DEFAULT_LIMITS, ...limits }
    this.#launcher = new Launcher(choose, defaults, this.limits, store)
    this.#persistence = new Persistence(store)
    const remove = (session: Session) => this.remove(session)
    this.#admission = new Admission(this.#index, this.limits, remove)
    this.#retention = new SessionRetention(this.#index, this.limits, this.#timers, remove)
  }

  /**
   * Durable as the request says, or by default where available. Rejects with `invalid_input`, `conflict`,
   * `limit_reached`, `spawn_failed`, or `unavailable` when it must be durable and cannot be.
   */
  async start(request: CreateRequest): Promise<Session> {
    this.#admit(request)
    const { durable, warnings } = this.#launcher.place(request)
    if (!durable) return this.#startHere(request, warnings)
    const restore = this.#approvals?.admit(request)
    try {
      const start = () => this.#launcher.startDurable(request)
      return this.#register(await this.#index.reserve(request.name, start))
    } catch (error) {
      restore?.()
      throw error
    }
  }

  /** Starts a session that ends with this process, at once. Throws what `start` rejects with. */
  create(request: CreateRequest): Session {
    this.#admit(request)
    return this.#startHere(request, [])
  }

  #startHere(request: CreateRequest, warnings: string[]): Session {
    const restore = this.#approvals?.admit(request)
    try {
      return this.#register(this.#launcher.startHere(request, warnings))
    } catch (error) {
      restore?.()
      throw error
    }
  }

  /** Enables the recovery of processes that outlive the server by themselves. */
  useRecovery(recovery: Recovery): void {
    this.#persistence.recovery = recovery
  }

  /** Recovers a session of an earlier server. Rejects with `conflict` or `not_found`, changing nothing. */
  async recover(name: string, owner: string): Promise<Session> {
    if (this.list().some(s => s.life.state === "running" && s.name === name && s.owner === owner))
      throw new PtylineError("conflict", `session is already live: ${name}`)
    const stored = this.#persistence.recovery?.recover(name, owner) ?? []
    const recovered: Session[] = []
    for (const one of stored) recovered.push(this.#register(await this.#launcher.adopt(one)))
    if (!recovered[0]) throw new PtylineError("not_found", `no recoverable session ${JSON.stringify(name)}`)
    return recovered[0]
  }

  get approvals(): Approvals | null {
    return this.#approvals
  }

  requireApprovals(approvals: Approvals): void {
    this.#approvals = approvals
    approvals.listen(approval => this.events.add({ type: "approval.changed", approval: { ...approval } }))
  }

  /** Adopts a stored session, running or ended. */
  async adopt(stored: DurableSession): Promise<Session> {
    const session = await this.#launcher.adopt(stored)
    if (stored.news && session.life.state === "finished") this.#retention.markNews(session)
    return this.#register(session)
  }

  /** Keeps id and output. Rejects as `start`; `conflict` while it runs or if its policy is `never`. */
  async relaunch(session: Session, approval?: string): Promise<Session> {
    this.#readmit(session)
    const { argv, cwd } = session.spec
    const restore = this.#approvals?.admit({ argv, cwd, owner: session.owner ?? undefined, approval })
    this.#relaunching.add(session.id)
    try {
      const start = () => this.#launcher.relaunch(session)
      const next = await this.#index.reserve(session.name ?? undefined, start)
      if (!this.#index.isCurrent(session)) return await this.#discard(next)
      this.#detach(session)
      return this.#register(next, "session.updated")
    } catch (error) {
      restore?.()
      throw error
    } finally {
      this.#relaunching.delete(session.id)
    }
  }

  /** Ends a session that was removed while it started again. */
  async #discard(session: Session): Promise<never> {
    await session.end(0)
    session.remove()
    this.#persistence.forget(session)
    throw new PtylineError("not_found", `session ${session.id} was removed`, { id: session.id })
  }

  #readmit(session: Session): void {
    const conflict = (why: string) =>
      new PtylineError("conflict", `session ${session.label} ${why}`, { id: session.id })
    if (this.#closing) throw new PtylineError("unavailable", "the server is stopping")
    if (this.#relaunching.has(session.id)) throw conflict("is already starting again")
    if (session.life.state !== "finished") throw conflict("has not ended")
    if (session.restart === "never") throw conflict("must not be started again: its restart policy is never")
    this.#admission.readmit(session)
  }

  #register(session: Session, event: "session.created" | "session.updated" = "session.created"): Session {
    this.#index.add(session)
    session.records.changed = () => this.#persistence.update(session)
    this.events.add({ type: event, session })
    this.#workspaces.join(session)
    session.lease.listen(change => this.#leased(session, change))
    this.#persistence.note(session)
    limitTime(session, this.#timers)
    void this.#observe(session)
    return session
  }

  #leased(session: Session, change: LeaseChange): void {
    this.events.add({ type: "lease.changed", session, change })
    this.#persistence.note(session)
  }

  /** See `SessionIndex.get`. */
  get(idOrName: string): Session {
    return this.#index.get(idOrName)
  }

  has(id: string): boolean {
    return this.#index.has(id)
  }

  /** Returns the sessions, the last used first. */
  list(): Session[] {
    return this.#index.list()
  }

  get running(): number {
    return this.#index.running
  }

  /** Throws `invalid_input` or `conflict` without changing anything. Call `updated` after all changes. */
  rename(session: Session, name: string | null): void {
    checkName(name)
    this.#index.demandFree(name ?? undefined, session)
    session.name = name
  }

  /** Stores and announces changed properties. */
  updated(session: Session): void {
    this.#persistence.update(session)
    this.#persistence.note(session)
    this.events.add({ type: "session.updated", session })
  }

  /** Removes a session. Does not end its process: call `Session.end` first. */
  remove(session: Session): void {
    if (!this.#index.delete(session.id)) return
    this.#timers.clear(session)
    session.remove()
    this.grants.forget(session.id)
    this.#persistence.forget(session)
    this.events.add({ type: "session.removed", id: session.id })
  }

  get closing(): boolean {
    return this.#closing
  }

  outlives(session: Session): boolean {
    return this.#persistence.outlives(session)
  }

  /** Ends all sessions, except durable ones unless `all`, and starts no more. For the server's own end. */
  async close(graceMs: number, all = false): Promise<void> {
    this.#closing = true
    for (const session of this.list()) if (!all && this.outlives(session)) this.#detach(session)
    await Promise.all(this.list().map(session => session.end(graceMs)))
    for (const session of this.list()) this.remove(session)
    this.#persistence.close()
    this.events.close()
  }

  /** Drops a session that goes on without this process. */
  #detach(session: Session): void {
    this.#index.delete(session.id)
    this.#timers.clear(session)
    session.remove()
  }

  #admit(request: CreateRequest): void {
    if (this.#closing) throw new PtylineError("unavailable", "the server is stopping")
    this.#admission.admit(request)
  }

  /** Announces a session's changes and its exit, and schedules its removal. */
  async #observe(session: Session): Promise<void> {
    let [title, viewers, size] = [session.title, session.viewers.count, session.size]
    while (!session.life.closed) {
      await session.altered.wait()
      if (title === session.title && viewers === session.viewers.count && size === session.size) continue
      ;[title, viewers, size] = [session.title, session.viewers.count, session.size]
      this.updated(session)
    }
    this.#timers.clear(session)
    if (session.life.state === "removed") return
    this.#persistence.ended(session)
    this.events.add({ type: "session.exited", session })
    while (session.life.state === "exited") await session.altered.wait()
    if (!this.#index.isCurrent(session)) return
    if (session.life.lost && session.restart === "always" && !this.#closing) return this.#restartLost(session)
    this.#retention.schedule(session)
  }

  /** Starts a lost session again, unless it was lost too often recently. */
  #restartLost(session: Session): void {
    const recent = session.launches.filter(({ at }) => at > Date.now() - RESTART_WINDOW_MS)
    if (recent.length >= MAX_RESTARTS) return this.#retention.schedule(session)
    this.relaunch(session).catch(() => this.#retention.schedule(session))
  }
}
