// One caller's place at the core: its settings and defaults, and the sessions it started. A stdio connection has its own; HTTP has one.

import { DANGEROUS_PATTERNS, type DangerRule } from "../../core/access/danger.ts"
import type { Sessions } from "../../core/registry/sessions.ts"
import type { Session } from "../../core/session/session.ts"
import { Updates } from "../protocol/updates.ts"
import { Journal } from "./journal.ts"
import { compile } from "./pattern.ts"
import { mcpSessionOf } from "./session.ts"
import type { McpSettings } from "./settings.ts"

/** Where the caller itself runs; null for one that is elsewhere. */
export type CallerEnvironment = { cwd: string; env: Record<string, string> }
export type McpClientOptions = {
  sessions: Sessions
  settings: McpSettings
  surroundings?: CallerEnvironment | null
  /** Hears of what is our own fault, and of settings that make no sense. */
  onFault: (error: unknown) => void
  /** Hears of what callers get wrong in the protocol. */
  onNoise?: (error: unknown) => void
}

/** What `set_limits` changes. Bytes, seconds, ms, bytes per second. */
export type McpClientLimits = {
  max_output_bytes: number
  spawn_timeout_sec: number
  idle_timeout_sec: number
  read_timeout_ms: number
  rate_limit_bps: number
  input_rate_bps: number
}

/** How long sessions have to obey when their caller is gone, in ms. */
const PARTING_MS = 400

export class McpClient {
  readonly sessions: Sessions
  readonly settings: McpSettings
  readonly surroundings: CallerEnvironment
  readonly limits: McpClientLimits
  readonly dangers: DangerRule[]
  readonly journal: Journal | null
  readonly onFault: (error: unknown) => void
  readonly onNoise: (error: unknown) => void
  /** Sessions that were started here, until they are forgotten. */
  readonly own = new Set<Session>()
  readonly updates = new Updates()
  /** Approvals that were asked for here, by what they are about. */
  readonly asked = new Map<string, string>()
  /** Sessions that are being started. */
  starting = 0
  defaultCwd: string | null = null
  readonly startedAt = Date.now()
  #sweep: ReturnType<typeof setInterval>

  constructor({ sessions, settings, surroundings, onFault, onNoise = () => {} }: McpClientOptions) {
    this.sessions = sessions
    this.settings = settings
    this.surroundings = surroundings ?? sessions.defaults
    this.onFault = onFault
    this.onNoise = onNoise
    this.limits = {
      max_output_bytes: settings.ringMaxBytes,
      spawn_timeout_sec: settings.spawnTimeoutSec,
      idle_timeout_sec: settings.idleTimeoutSec,
      read_timeout_ms: settings.readTimeoutMs,
      rate_limit_bps: settings.outputRate,
      input_rate_bps: settings.inputRate,
    }
    this.dangers = (settings.dangerousPatterns ?? DANGEROUS_PATTERNS).flatMap(p => this.#rule(p))
    this.journal = settings.logDirectory === null ? null : new Journal(settings.logDirectory, onFault)
    this.#sweep = setInterval(() => this.#closeIdle(), settings.gcIntervalSec * 1000)
    this.#sweep.unref()
  }

  get running(): number {
    let n = this.starting
    for (const session of this.own) if (session.life.state === "running") n++
    return n
  }

  /** From now on the session's end is this desk's business. */
  adopt(session: Session): void {
    this.own.add(session)
    void this.#forget(session)
  }

  /** Ends what was started here, but for what is meant to outlive its caller; for the caller's end. */
  async close(): Promise<void> {
    clearInterval(this.#sweep)
    const ending = [...this.own].filter(session => !outlives(session))
    await Promise.all(ending.map(session => this.end(session, PARTING_MS)))
  }

  /** Ends a session, and forgets it. */
  async end(session: Session, graceMs = 1000): Promise<void> {
    await session.end(graceMs)
    this.sessions.remove(session)
  }

  async #forget(session: Session): Promise<void> {
    const watched = this.updates.watch(session)
    while (session.life.state !== "removed") await session.altered.wait()
    this.own.delete(session)
    await watched
  }

  #closeIdle(): void {
    const { idle_timeout_sec } = this.limits
    if (idle_timeout_sec <= 0) return
    const oldest = Date.now() - (idle_timeout_sec + this.settings.idleGraceSec) * 1000
    for (const session of this.own)
      if (session.life.state === "running" && mcpSessionOf(session).activity() <= oldest)
        void this.end(session).catch(this.onFault)
  }

  #rule(pattern: string): DangerRule[] {
    try {
      const compiled = compile(pattern)
      return [{ pattern, matches: command => compiled.test(command) }]
    } catch (error) {
      this.onFault(error)
      return []
    }
  }
}

function outlives(session: Session): boolean {
  const recoverable = session.recoverable && session.name !== null && session.owner !== null
  return session.durable || recoverable || session.viewers.count > 0
}
