// The registry: makes sessions, finds them by id or name, keeps them for a while after they ended.

import type { Lease, LeaseChange } from "./access.ts"
import type { Approvals } from "./approvals.ts"
import type { Keeper, Kept } from "./archive.ts"
import type { Backend, Size } from "./backend.ts"
import { Confirmations } from "./danger.ts"
import { PtylineError } from "./errors.ts"
import { EventLog } from "./events.ts"
import { Grants } from "./grants.ts"
import { Launcher, workspaceKey } from "./launcher.ts"
import { DEFAULT_LIMITS, type Limits } from "./limits.ts"
import { checkName, type SpawnDefaults } from "./policy.ts"
import { Records } from "./records.ts"
import type { Recovery } from "./recovery.ts"
import type { Session } from "./session.ts"
import type { Restart } from "./session-options.ts"
import { Timers } from "./timers.ts"

/** How often a session may be started again by itself: so many times in so many ms. */
const MOST_LATELY = 3
const LATELY_MS = 60_000

export type CreateRequest = {
  argv?: string[]
  command?: string
  cwd?: string
  env?: Record<string, string>
  /** Variables of the server's environment that it does not get. */
  without?: string[]
  /** What could not be done as asked. */
  warnings?: string[]
  size: Size
  backend: string
  separateStreams: boolean
  echo: boolean
  raw?: boolean
  /** Keep input, too, but never while the terminal's echo is off. */
  recordInput?: boolean
  name?: string
  tags: string[]
  owner?: string
  /** Sessions of one owner and workspace share their lease's holder. */
  workspace?: string
  logLimit?: number
  /** For a dangerous command, where a person must allow it: the approval's id, what it is for, and who asks and why. */
  approval?: string
  scope?: string
  reason?: string
  by?: string
  /** A surface was given a confirmation for just this start. */
  confirmed?: boolean
  /** Where the caller itself is and its environment, where it has one of its own; else the server's. */
  surroundings?: { cwd: string; env: Record<string, string> }
  timeoutMs?: number
  idleTimeoutMs?: number
  /** Outlive this process? Left out: where that can be had, but for the backend echo. */
  durable?: boolean
  /** A durable session that an orderly stop of the server ends all the same; a crash does not. */
  endsWithServer?: boolean
  /** What happens when its process is lost; "manual" by default. */
  restart?: Restart
}

/** Picks the backend for a name such as "auto"; `warnings` say what was given up. */
export type ChooseBackend = (
  kind: string,
  separateStreams: boolean,
) => { backend: Backend; fallback?: Backend }

export class Sessions {
  readonly limits: Limits
  readonly defaults: SpawnDefaults
  /** What surfaces keep about the server as a whole; survives it where there is a state directory. */
  readonly records: Records
  /** Named tokens and shares. */
  readonly grants: Grants
  /** Dangerous commands that somebody confirmed, whichever surface asked. */
  readonly confirmations = new Confirmations()
  /** Finds processes again that outlived an earlier server by themselves. */
  #recovery: Recovery | null = null
  /** With it dangerous commands need a person's yes, on every surface. */
  #approvals: Approvals | null = null
  /** What happened to sessions, for whoever follows the server as a whole. */
  readonly events = new EventLog()
  #launcher: Launcher
  #keeper: Keeper | null
  /** Names of durable sessions that are being started. */
  #claimed: (string | undefined)[] = []
  /** Sessions that ended while no server was there. */
  #news = new WeakSet<Session>()
  /** Ids of sessions that are being started again. */
  #again = new Set<string>()
  #closing = false
  #byId = new Map<string, Session>()
  #timers = new Timers<Session>()
  #workspaces = new Map<string, Set<Lease>>()

  /** `keeper` makes sessions that outlive this process; without one there are none. */
  constructor(
    choose: ChooseBackend,
    defaults: SpawnDefaults,
    limits: Partial<Limits> = {},
    keeper: Keeper | null = null,
    records = new Records(),
  ) {
    this.records = records
    this.grants = new Grants(records)
    this.#keeper = keeper
    this.defaults = defaults
    this.limits = { ...DEFAULT_LIMITS, ...limits }
    this.#launcher = new Launcher(choose, defaults, this.limits, keeper)
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
      return this.#register(await this.#claiming(request.name, () => this.#launcher.held(request)))
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
    this.#recovery = recovery
  }

  /** Takes up a session of an earlier server. Rejects with `conflict` or `not_found`; nothing is changed then. */
  async recover(name: string, owner: string): Promise<Session> {
    if (this.list().some(s => s.state === "running" && s.name === name && s.owner === owner))
      throw new PtylineError("conflict", `session is already live: ${name}`)
    const kept = this.#recovery?.recover(name, owner) ?? []
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
  async adopt(kept: Kept): Promise<Session> {
    const session = await this.#launcher.adopt(kept)
    if (kept.news && session.state === "finished") this.#news.add(session)
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
      const next = await this.#claiming(session.name ?? undefined, () => this.#launcher.again(session))
      if (this.#byId.get(session.id) !== session) return await this.#tooLate(next)
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
    if (session.durable) this.#keeper?.remove(session.id)
    throw new PtylineError("not_found", `session ${session.id} was removed`, { id: session.id })
  }

  #admitAgain(session: Session): void {
    const refused = (why: string) =>
      new PtylineError("conflict", `session ${session.name ?? session.id} ${why}`, { id: session.id })
    if (this.#closing) throw new PtylineError("unavailable", "the server is stopping")
    if (this.#again.has(session.id)) throw refused("is being started again")
    if (session.state !== "finished") throw refused("has not ended")
    if (session.restart === "never") throw refused("is never to be started again")
    this.#admitOne()
    this.#claim(session.name ?? undefined, session)
  }

  /** Holds a name, and a place among the running, for what is being started. */
  async #claiming(name: string | undefined, start: () => Promise<Session>): Promise<Session> {
    this.#claimed.push(name)
    try {
      return await start()
    } finally {
      this.#claimed.splice(this.#claimed.indexOf(name), 1)
    }
  }

  #register(session: Session, event: "session.created" | "session.updated" = "session.created"): Session {
    this.#byId.set(session.id, session)
    session.records.changed = () => session.durable && this.#keeper?.update(session)
    this.events.add({ type: event, session })
    if (session.workspace !== null) this.#joinWorkspace(session)
    session.lease.listen(change => this.#leased(session, change))
    if (this.#recovery?.holds(session)) this.#recovery.note(session)
    this.#limitTime(session)
    void this.#accompany(session)
    return session
  }

  #leased(session: Session, change: LeaseChange): void {
    this.events.add({ type: "lease.changed", session, change })
    if (this.#recovery?.holds(session)) this.#recovery.note(session)
  }

  #joinWorkspace({ lease, owner, workspace }: Session): void {
    const key = workspaceKey(owner, workspace!)
    for (const [other, { size }] of this.#workspaces) if (size === 0) this.#workspaces.delete(other)
    const leases = this.#workspaces.get(key) ?? new Set()
    this.#workspaces.set(key, leases)
    lease.join(leases)
  }

  /** A session's age goes on while no server is there. */
  #limitTime(session: Session): void {
    const { timeoutMs, idleTimeoutMs, launchedAt } = session
    if (session.state !== "running") return
    const age = Date.now() - launchedAt.getTime()
    if (timeoutMs)
      this.#timers.after(session, Math.max(0, timeoutMs - age), () => void session.end(1000, "timeout"))
    if (idleTimeoutMs) this.#watchIdle(session, idleTimeoutMs)
  }

  /** By id, or by name: the running session of that name, else the newest ended one. */
  get(idOrName: string): Session {
    const session = this.#byId.get(idOrName) ?? this.#named(idOrName)
    if (!session) throw new PtylineError("not_found", `no session ${JSON.stringify(idOrName.slice(0, 200))}`)
    return session
  }

  /** Is there one of this id? */
  has(id: string): boolean {
    return this.#byId.has(id)
  }

  /** Newest activity first. */
  list(): Session[] {
    return [...this.#byId.values()].sort((a, b) => b.activity - a.activity)
  }

  get running(): number {
    let n = 0
    for (const session of this.#byId.values()) if (session.state === "running") n++
    return n
  }

  /** Throws `invalid_input` or `conflict` and changes nothing then. Call `updated` when all changes are made. */
  rename(session: Session, name: string | null): void {
    checkName(name)
    this.#claim(name ?? undefined, session)
    session.name = name
  }

  updated(session: Session): void {
    if (session.durable) this.#keeper?.update(session)
    if (this.#recovery?.holds(session)) this.#recovery.note(session)
    this.events.add({ type: "session.updated", session })
  }

  /** Forgets a session; what still runs of it is let go, so end it first. */
  remove(session: Session): void {
    if (!this.#byId.delete(session.id)) return
    this.#timers.clear(session)
    session.remove()
    this.grants.forget(session.id)
    this.#recovery?.forget(session.id)
    if (session.durable) this.#keeper?.remove(session.id)
    this.events.add({ type: "session.removed", id: session.id })
  }

  /** Will it start no more sessions? */
  get closing(): boolean {
    return this.#closing
  }

  /** Does it go on when the server stops in order? */
  outlives(session: Session): boolean {
    if (session.endsWithServer) return false
    const found = session.name !== null && session.owner !== null && this.#recovery?.holds(session) === true
    return session.durable || (found && session.state === "running")
  }

  /** Ends every session at once, lets the durable ones go on alone unless `all`, and starts no more; for the server's own end. */
  async close(graceMs: number, all = false): Promise<void> {
    this.#closing = true
    for (const session of this.list()) if (!all && this.outlives(session)) this.#letGo(session)
    await Promise.all(this.list().map(session => session.end(graceMs)))
    for (const session of this.list()) this.remove(session)
    this.#keeper?.close()
    this.events.close()
  }

  #letGo(session: Session): void {
    this.#byId.delete(session.id)
    this.#timers.clear(session)
    session.remove()
  }

  #admit(request: CreateRequest): void {
    if (this.#closing) throw new PtylineError("unavailable", "the server is stopping")
    checkName(request.name)
    this.#admitOne()
    this.#claim(request.name)
    const wanted = (request.logLimit ?? this.limits.logBytes) * (request.separateStreams ? 3 : 1)
    const kept = this.list().reduce((sum, session) => sum + keptBy(session), wanted)
    if (kept > this.limits.totalLogBytes && !this.#makeRoom(kept - this.limits.totalLogBytes))
      throw new PtylineError(
        "limit_reached",
        `the logs of all sessions would exceed ${this.limits.totalLogBytes} bytes`,
      )
  }

  #admitOne(): void {
    if (this.running + this.#claimed.length >= this.limits.sessions)
      throw new PtylineError(
        "limit_reached",
        `${this.limits.sessions} sessions are running, which is the limit`,
      )
  }

  /** Forgets ended sessions, oldest first, until `bytes` of log are free; none when all of them would not do. */
  #makeRoom(bytes: number): boolean {
    const oldest: Session[] = []
    let free = 0
    for (const session of this.list().reverse()) {
      if (free >= bytes) break
      if (session.state !== "finished") continue
      free += keptBy(session)
      oldest.push(session)
    }
    if (free < bytes) return false
    for (const session of oldest) this.remove(session)
    return true
  }

  #claim(name: string | undefined, forWhom?: Session): void {
    if (name === undefined) return
    if (this.#claimed.includes(name))
      throw new PtylineError("conflict", `a session named ${JSON.stringify(name)} is being started`)
    const holder = this.#named(name)
    if (holder && holder !== forWhom && holder.state === "running")
      throw new PtylineError("conflict", `a running session is already named ${JSON.stringify(name)}`, {
        id: holder.id,
      })
  }

  #named(name: string): Session | undefined {
    let found: Session | undefined
    for (const session of this.#byId.values())
      if (session.name === name && (found?.state !== "running" || session.state === "running"))
        found = session
    return found
  }

  /** Tells the world about the session's exit and forgets it in time. */
  async #accompany(session: Session): Promise<void> {
    let [title, viewers, size] = [session.title, session.viewers, session.size]
    while (!session.closed) {
      await session.altered.wait()
      if (title === session.title && viewers === session.viewers && size === session.size) continue
      ;[title, viewers, size] = [session.title, session.viewers, session.size]
      this.updated(session)
    }
    this.#timers.clear(session)
    if (session.state === "removed") return
    if (session.durable) this.#keeper?.update(session)
    this.#recovery?.forget(session.id)
    this.events.add({ type: "session.exited", session })
    while (session.state === "exited") await session.altered.wait()
    if (this.#byId.get(session.id) !== session) return
    if (session.lost && session.restart === "always" && !this.#closing) return this.#revive(session)
    this.#forgetInTime(session)
  }

  /** One that is lost over and over is left alone. */
  #revive(session: Session): void {
    const lately = session.launches.filter(({ at }) => at > Date.now() - LATELY_MS)
    if (lately.length >= MOST_LATELY) return this.#forgetInTime(session)
    this.relaunch(session).catch(() => this.#forgetInTime(session))
  }

  /**
   * A lost session is kept longer, for it may be wanted again, and does not count among those that ended; nor does one whose end
   * nobody could have heard of before, and its time begins now.
   */
  #forgetInTime(session: Session): void {
    const { retentionMs, lostRetentionMs, retained } = this.limits
    const age = this.#news.has(session) ? 0 : Date.now() - session.exit!.at.getTime()
    const left = (session.lost ? lostRetentionMs : retentionMs) - age
    this.#timers.after(session, Math.max(0, left), () => this.remove(session))
    const ended = this.list().filter(other => other.state === "finished" && !this.#news.has(other))
    for (const lost of [true, false])
      for (const old of ended.filter(other => other.lost === lost).slice(retained)) this.remove(old)
  }

  #watchIdle(session: Session, ms: number): void {
    let end = session.log.end
    const check = () => {
      if (session.viewers > 0 || session.log.end !== end) session.touch()
      end = session.log.end
      const left = session.lastActiveAt.getTime() + ms - Date.now()
      if (left <= 0) void session.end(1000)
      else this.#timers.after(session, left, check)
    }
    this.#timers.after(session, ms, check)
  }
}

/** Bytes of output a session may keep: streams apart are kept apart and also merged. */
const keptBy = (session: Session) => session.log.limit * (session.streams ? 3 : 1)
