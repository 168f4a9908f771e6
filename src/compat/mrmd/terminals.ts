// The terminals of mrmd's documents: client ids, names and files on one side, sessions on the other (contract mrmd-pty, 3 and 6).

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
/** Under which key a session keeps what is remembered of its terminal. */
const FACTS = "terminal"
/** How long what does not run is remembered, in ms, and how much of it. */
const REMEMBERED_MS = 24 * 3_600_000
const MAX_REMEMBERED = 10_000
/** How long a killed terminal's processes have to obey, in ms. */
const KILL_GRACE_MS = 500

export class Terminals {
  readonly #sessions: Sessions
  /** In the input of their creation. */
  readonly #byId = new Map<string, Terminal>()

  constructor(sessions: Sessions) {
    this.#sessions = sessions
    this.#recover()
  }

  /** Running ones, in the input of their creation. */
  list(): TerminalRecord[] {
    return this.#all().flatMap(({ running, facts }) => (running ? [toRecord(facts)] : []))
  }

  /** What is remembered of a terminal, whether it runs, has run, or waits for its first socket. */
  get(id: string): TerminalRecord | null {
    const terminal = this.#byId.get(id)
    return terminal ? toRecord(terminal.facts) : null
  }

  /** A record whose shell starts with its first socket. */
  allocate(request: TerminalRequest): TerminalRecord {
    const id = freeId(taken => this.#byId.has(taken))
    return toRecord(this.#add(id, request).facts)
  }

  /** The terminal of this id and its shell, started if none runs; or, in place of the shell, one line that says why there is none. */
  async join(
    id: string,
    request: TerminalRequest,
  ): Promise<{ terminal: Terminal; session: Session | string }> {
    const terminal = this.#find(id) ?? this.#add(id, request)
    if (terminal.running) return { terminal, session: terminal.session! }
    if (!terminal.starting) terminal.adopt(request)
    terminal.starting ??= this.#start(terminal)
    return { terminal, session: await terminal.starting }
  }

  /** How many sockets are open on a terminal. */
  socketsOf(id: string): number {
    return this.#byId.get(id)?.sockets.size ?? 0
  }

  /** False when there is no such terminal. */
  rename(id: string, name: string): boolean {
    const terminal = this.#find(id)
    if (!terminal) return false
    terminal.facts.name = name
    this.#tellSession(terminal)
    return true
  }

  /** Ends a terminal and forgets it, without waiting for its processes. False when there was none that runs or waits. */
  kill(id: string): boolean {
    const terminal = this.#find(id)
    if (!terminal) return false
    this.#byId.delete(id)
    const lived = terminal.claimsName || terminal.starting !== null
    void this.#end(terminal)
    return lived
  }

  /** Kills every terminal of a file; answers their ids. */
  killForFile(path: string): string[] {
    const ids = this.#all().flatMap(({ facts }) => (facts.file_path === path ? [facts.session_id] : []))
    return ids.filter(id => this.kill(id))
  }

  /** Ends every terminal and closes their sockets. Resolves when the processes are gone. */
  async close(): Promise<void> {
    const all = this.#all()
    this.#byId.clear()
    for (const { sockets } of all) for (const socket of [...sockets]) socket.stop()
    await Promise.all(all.map(terminal => this.#end(terminal)))
  }

  async #end(terminal: Terminal): Promise<void> {
    terminal.killed = true
    for (const socket of terminal.sockets) socket.mute()
    const session = terminal.session
    if (!session) return
    await session.end(KILL_GRACE_MS)
    this.#sessions.remove(session)
  }

  /** Resolves with the shell, or with the line a person gets to see in its place. */
  async #start(terminal: Terminal): Promise<Session | string> {
    try {
      if (this.list().length >= MAX_RUNNING)
        throw new PtylineError("limit_reached", `${MAX_RUNNING} terminals are running, which is the limit`)
      const session = await this.#sessions.start(requestFor(terminal.facts, this.#sessions.defaults))
      terminal.session = session
      this.#tellSession(terminal)
      if (terminal.killed) await this.#end(terminal)
      return session
    } catch (error) {
      if (!(error instanceof PtylineError)) throw error
      if (!terminal.session) this.#byId.delete(terminal.facts.session_id)
      return `[PTY] Failed to start terminal: ${error.message}\r\n`
    } finally {
      terminal.starting = null
    }
  }

  /** Keeps the facts with the session, so that they survive a crash; and other surfaces see it by its name too, if that can be. */
  #tellSession({ session, facts }: Terminal): void {
    if (!session) return
    session.records.put(TAG, FACTS, facts)
    try {
      if (session.life.state === "running") this.#sessions.rename(session, facts.name)
    } catch (error) {
      // taken there, or no name that a session could have
      if (!(error instanceof PtylineError)) throw error
    }
    this.#sessions.updated(session)
  }

  /** Terminals of a server that crashed: of several sessions of one id the newest. */
  #recover(): void {
    const kept = this.#sessions.list().flatMap(session => {
      const facts = session.records.get(TAG, FACTS) as StoredTerminal | undefined
      return facts ? [{ session, facts: { ...facts } }] : []
    })
    kept.sort((a, b) => a.session.createdAt.getTime() - b.session.createdAt.getTime())
    for (const { session, facts } of kept) {
      const terminal = new Terminal(facts)
      terminal.session = session
      this.#byId.set(facts.session_id, terminal)
    }
  }

  #add(id: string, request: TerminalRequest): Terminal {
    const at = now()
    const facts: StoredTerminal = {
      session_id: id,
      name: request.name ?? this.#freeName(),
      cwd: request.cwd ?? this.#sessions.defaults.cwd,
      venv: request.venv,
      shell: request.shell,
      created_at: at,
      last_activity: at,
      file_path: request.file_path,
    }
    const terminal = new Terminal(facts)
    this.#byId.set(id, terminal)
    return terminal
  }

  #find(id: string): Terminal | undefined {
    const terminal = this.#byId.get(id)
    if (terminal) terminal.session = this.#current(terminal.session)
    return terminal
  }

  /** A session that was started again, by a person on the page say, is another object under its id. */
  #current(session: Session | null): Session | null {
    if (session?.life.state !== "removed") return session
    return this.#sessions.list().find(({ id }) => id === session.id) ?? session
  }

  #freeName(): string {
    return freeName(new Set(this.#all().flatMap(t => (t.claimsName ? [t.facts.name] : []))))
  }

  /** Every terminal, without those that have not run for a day; of too many of these the oldest go too. */
  #all(): Terminal[] {
    for (const terminal of this.#byId.values()) terminal.session = this.#current(terminal.session)
    const idle = [...this.#byId.values()].filter(({ running, starting }) => !running && !starting)
    const surplus = idle.length - MAX_REMEMBERED
    const old = now() - REMEMBERED_MS
    for (const [i, { facts }] of idle.entries())
      if (i < surplus || facts.last_activity < old) this.#byId.delete(facts.session_id)
    return [...this.#byId.values()]
  }
}
