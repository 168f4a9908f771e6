// The terminals of mrmd's clients: a map from client ids to sessions (contract mrmd-pty, 3 and 6).

import { PtylineError } from "../../core/lib/errors.ts"
import type { Sessions } from "../../core/registry/sessions.ts"
import type { Session } from "../../core/session/session.ts"
import {
  freeId,
  freeName,
  now,
  type StoredTerminal,
  type TerminalRecord,
  type TerminalRequest,
  toRecord,
} from "./record.ts"
import { requestFor, TAG } from "./spawn.ts"
import { Terminal } from "./terminal.ts"

const MAX_RUNNING = 256
const RECORD = "terminal"
/** How long a terminal that does not run is kept, in ms, and how many of them. */
const IDLE_MS = 24 * 3_600_000
const MAX_IDLE = 10_000
const KILL_GRACE_MS = 500

export class Terminals {
  readonly #sessions: Sessions
  /** In creation order. */
  readonly #byId = new Map<string, Terminal>()

  constructor(sessions: Sessions) {
    this.#sessions = sessions
    this.#recover()
  }

  /** Returns the running terminals in creation order. */
  list(): TerminalRecord[] {
    return this.#all().flatMap(({ running, record }) => (running ? [toRecord(record)] : []))
  }

  /** Returns the record of a terminal, whatever its state; null for an unknown one. */
  get(id: string): TerminalRecord | null {
    const terminal = this.#byId.get(id)
    return terminal ? toRecord(terminal.record) : null
  }

  /** Creates a terminal whose shell starts with its first socket. */
  allocate(request: TerminalRequest): TerminalRecord {
    const id = freeId(candidate => this.#byId.has(candidate))
    return toRecord(this.#add(id, request).record)
  }

  /** Returns the terminal and its shell, started if needed; a message in place of a shell that failed. */
  async join(
    id: string,
    request: TerminalRequest,
  ): Promise<{ terminal: Terminal; session: Session | string }> {
    const terminal = this.#find(id) ?? this.#add(id, request)
    if (terminal.running) return { terminal, session: terminal.session! }
    if (!terminal.starting) terminal.apply(request)
    terminal.starting ??= this.#start(terminal)
    return { terminal, session: await terminal.starting }
  }

  socketsOf(id: string): number {
    return this.#byId.get(id)?.sockets.size ?? 0
  }

  /** Returns false for an unknown terminal. */
  rename(id: string, name: string): boolean {
    const terminal = this.#find(id)
    if (!terminal) return false
    terminal.record.name = name
    this.#store(terminal)
    return true
  }

  /** Removes a terminal and ends it in the background. Returns false if it neither ran nor waited. */
  kill(id: string): boolean {
    const terminal = this.#find(id)
    if (!terminal) return false
    this.#byId.delete(id)
    const active = terminal.claimsName || terminal.starting !== null
    void this.#end(terminal)
    return active
  }

  killForFile(path: string): string[] {
    const ids = this.#all().flatMap(({ record }) => (record.file_path === path ? [record.session_id] : []))
    return ids.filter(id => this.kill(id))
  }

  /** Ends every terminal and closes their sockets. Resolves after the processes have exited. */
  async close(): Promise<void> {
    const all = this.#all()
    this.#byId.clear()
    for (const { sockets } of all) for (const socket of [...sockets]) socket.stop()
    await Promise.all(all.map(terminal => this.#end(terminal)))
  }

  async #end(terminal: Terminal): Promise<void> {
    terminal.killed = true
    for (const socket of terminal.sockets) socket.silence()
    const session = terminal.session
    if (!session) return
    await session.end(KILL_GRACE_MS)
    this.#sessions.remove(session)
  }

  /** Resolves with the shell, or with a message for the person. */
  async #start(terminal: Terminal): Promise<Session | string> {
    try {
      if (this.list().length >= MAX_RUNNING)
        throw new PtylineError("limit_reached", `at most ${MAX_RUNNING} terminals may run; end one first`)
      const session = await this.#sessions.start(requestFor(terminal.record, this.#sessions.defaults))
      terminal.session = session
      this.#store(terminal)
      if (terminal.killed) await this.#end(terminal)
      return session
    } catch (error) {
      if (!(error instanceof PtylineError)) throw error
      if (!terminal.session) this.#byId.delete(terminal.record.session_id)
      return `[PTY] Failed to start terminal: ${error.message}\r\n`
    } finally {
      terminal.starting = null
    }
  }

  /** Stores the record with the session, to survive a crash, and names the session after it if possible. */
  #store({ session, record }: Terminal): void {
    if (!session) return
    session.records.put(TAG, RECORD, record)
    try {
      if (session.life.state === "running") this.#sessions.rename(session, record.name)
    } catch (error) {
      // the name is taken or invalid in the core
      if (!(error instanceof PtylineError)) throw error
    }
    this.#sessions.updated(session)
  }

  /** Restores the terminals of a crashed server. Of several sessions with one id the newest wins. */
  #recover(): void {
    const stored = this.#sessions.list().flatMap(session => {
      const record = session.records.get(TAG, RECORD) as StoredTerminal | undefined
      return record ? [{ session, record: { ...record } }] : []
    })
    stored.sort((a, b) => a.session.createdAt.getTime() - b.session.createdAt.getTime())
    for (const { session, record } of stored) {
      const terminal = new Terminal(record)
      terminal.session = session
      this.#byId.set(record.session_id, terminal)
    }
  }

  #add(id: string, request: TerminalRequest): Terminal {
    const at = now()
    const record: StoredTerminal = {
      ...request,
      session_id: id,
      name: request.name ?? this.#freeName(),
      cwd: request.cwd ?? this.#sessions.defaults.cwd,
      created_at: at,
      last_activity: at,
    }
    const terminal = new Terminal(record)
    this.#byId.set(id, terminal)
    return terminal
  }

  #find(id: string): Terminal | undefined {
    const terminal = this.#byId.get(id)
    if (terminal) terminal.session = this.#current(terminal.session)
    return terminal
  }

  /** A session that was started again, for example on the page, is a new object with the same id. */
  #current(session: Session | null): Session | null {
    if (session?.life.state !== "removed") return session
    return this.#sessions.list().find(({ id }) => id === session.id) ?? session
  }

  #freeName(): string {
    return freeName(new Set(this.#all().flatMap(t => (t.claimsName ? [t.record.name] : []))))
  }

  /** Removes expired terminals, and the oldest above the limit, then returns the rest. */
  #all(): Terminal[] {
    for (const terminal of this.#byId.values()) terminal.session = this.#current(terminal.session)
    const idle = [...this.#byId.values()].filter(({ running, starting }) => !running && !starting)
    const surplus = idle.length - MAX_IDLE
    const oldest = now() - IDLE_MS
    for (const [i, { record }] of idle.entries())
      if (i < surplus || record.last_activity < oldest) this.#byId.delete(record.session_id)
    return [...this.#byId.values()]
  }
}
