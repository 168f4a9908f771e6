// One MCP client: its settings, defaults and sessions. A stdio connection has one; HTTP callers share one.

import { DANGEROUS_PATTERNS, type DangerRule } from "../../core/access/danger.ts"
import type { Sessions } from "../../core/registry/sessions.ts"
import type { Session } from "../../core/session/session.ts"
import { Journal } from "./journal.ts"
import { compile } from "./pattern.ts"
import { mcpSessionOf } from "./session.ts"
import type { McpSettings } from "./settings.ts"
import { Updates } from "./updates.ts"

type CallerEnvironment = { cwd: string; env: Record<string, string> }
export type McpClientOptions = {
  sessions: Sessions
  settings: McpSettings
  /** The caller's own directory and environment; null when it runs on another machine. */
  caller?: CallerEnvironment | null
  /** Receives internal errors and invalid settings. */
  onFault: (error: unknown) => void
  /** Receives the callers' protocol errors. */
  onProtocolError?: (error: unknown) => void
}

/** The limits of `set_limits`, in bytes, seconds, ms and bytes per second. */
export type McpClientLimits = {
  max_output_bytes: number
  spawn_timeout_sec: number
  idle_timeout_sec: number
  read_timeout_ms: number
  rate_limit_bps: number
  input_rate_bps: number
}

/** How long sessions may take to exit after the client has closed, in ms. */
const CLOSE_GRACE_MS = 400

export class McpClient {
  readonly sessions: Sessions
  readonly settings: McpSettings
  readonly caller: CallerEnvironment
  readonly limits: McpClientLimits
  readonly dangerRules: DangerRule[]
  readonly journal: Journal | null
  readonly onFault: (error: unknown) => void
  readonly onProtocolError: (error: unknown) => void
  /** The sessions that this client started or recovered, until they are removed. */
  readonly ownSessions = new Set<Session>()
  readonly updates = new Updates()
  /** Ids of the approvals that this client asked for, by their request. */
  readonly approvalIds = new Map<string, string>()
  starting = 0
  defaultCwd: string | null = null
  readonly startedAt = Date.now()
  #idleTimer: ReturnType<typeof setInterval>

  constructor({ sessions, settings, caller, onFault, onProtocolError = () => {} }: McpClientOptions) {
    this.sessions = sessions
    this.settings = settings
    this.caller = caller ?? sessions.defaults
    this.onFault = onFault
    this.onProtocolError = onProtocolError
    this.limits = {
      max_output_bytes: settings.ringMaxBytes,
      spawn_timeout_sec: settings.spawnTimeoutSec,
      idle_timeout_sec: settings.idleTimeoutSec,
      read_timeout_ms: settings.readTimeoutMs,
      rate_limit_bps: settings.outputRate,
      input_rate_bps: settings.inputRate,
    }
    this.dangerRules = (settings.dangerousPatterns ?? DANGEROUS_PATTERNS).flatMap(p => this.#dangerRule(p))
    this.journal = settings.logDirectory === null ? null : new Journal(settings.logDirectory, onFault)
    this.#idleTimer = setInterval(() => this.#closeIdle(), settings.gcIntervalSec * 1000)
    this.#idleTimer.unref()
  }

  get running(): number {
    let n = this.starting
    for (const session of this.ownSessions) if (session.life.state === "running") n++
    return n
  }

  /** Makes this client responsible for ending the session. */
  adopt(session: Session): void {
    this.ownSessions.add(session)
    void this.#watch(session)
  }

  /** Ends the client's sessions, except those that outlive it. */
  async close(): Promise<void> {
    clearInterval(this.#idleTimer)
    const ending = [...this.ownSessions].filter(session => !outlivesClient(session))
    await Promise.all(ending.map(session => this.end(session, CLOSE_GRACE_MS)))
  }

  async end(session: Session, graceMs = 1000): Promise<void> {
    await session.end(graceMs)
    this.sessions.remove(session)
  }

  async #watch(session: Session): Promise<void> {
    const watched = this.updates.watch(session)
    while (session.life.state !== "removed") await session.altered.wait()
    this.ownSessions.delete(session)
    await watched
  }

  #closeIdle(): void {
    const { idle_timeout_sec } = this.limits
    if (idle_timeout_sec <= 0) return
    const oldest = Date.now() - (idle_timeout_sec + this.settings.idleGraceSec) * 1000
    for (const session of this.ownSessions)
      if (session.life.state === "running" && mcpSessionOf(session).lastActivity() <= oldest)
        void this.end(session).catch(this.onFault)
  }

  /** Reports an invalid pattern and skips it. */
  #dangerRule(pattern: string): DangerRule[] {
    try {
      const compiled = compile(pattern)
      return [{ pattern, matches: command => compiled.test(command) }]
    } catch (error) {
      this.onFault(error)
      return []
    }
  }
}

function outlivesClient(session: Session): boolean {
  const recoverable = session.recoverable && session.name !== null && session.owner !== null
  return session.durable || recoverable || session.viewers.count > 0
}
