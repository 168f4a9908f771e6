// A core in a program of somebody else's: its sessions live and end with that program.

import { backendChooser, type PreferredPty } from "../backends/choose.ts"
import type { MopSurface } from "../compat/mop/http/routes.ts"
import { Mop } from "../compat/mop/mop.ts"
import { Terminals } from "../compat/mrmd/terminals.ts"
import { loginShell } from "../core/access/policy.ts"
import { owner } from "../core/access/principal.ts"
import type { Limits } from "../core/lib/limits.ts"
import { Sessions } from "../core/registry/sessions.ts"
import { Auth, newToken } from "../http/access/auth.ts"
import { webSockets } from "../http/server.ts"
import { type Call, localCall } from "../ops/local.ts"
import type { Host, ServerFacts } from "../ops/operation.ts"
import { factsOf } from "./server-info.ts"

export type PtylineOptions = {
  /** What a session runs that does not say; a login shell without it. */
  cmd?: string[]
  /** Working directory of sessions; this process's without it. */
  cwd?: string
  /** The environment that sessions begin with; this process's without it. */
  env?: Record<string, string | undefined>
  /** Where terminals come from. */
  pty?: PreferredPty
  limits?: Partial<Limits>
  /** What clients must know, 32 characters or more; left out: a fresh one; null: nothing, everybody who reaches the routes may do everything. */
  token?: string | null
}

export class Ptyline implements AsyncDisposable {
  readonly sessions: Sessions
  /** mrmd's terminals: its records by id, and the list of those that run. */
  readonly terminals: Terminals
  /** What clients must know; null when nothing. */
  readonly token: string | null
  /** Every operation, without a network. */
  readonly call: Call
  /** For `Bun.serve`, where the routes are served: without it nobody can attach. */
  readonly websocket = webSockets
  readonly auth: Auth
  readonly host: Host
  readonly #surroundings: { argv: string[]; cwd: string; env: Record<string, string | undefined> }
  #mop: MopSurface | null = null
  #gone = new AbortController()

  constructor(options: PtylineOptions = {}) {
    const { cwd = process.cwd(), env = process.env, pty = "auto", limits, token = newToken() } = options
    const argv = options.cmd ?? loginShell(env)
    this.token = token
    this.#surroundings = { argv, cwd, env }
    this.sessions = new Sessions(
      backendChooser(pty),
      { argv, cwd, env: env as Record<string, string> },
      limits,
    )
    this.terminals = new Terminals(this.sessions)
    this.auth = new Auth(token, this.sessions.grants)
    const facts: () => ServerFacts = factsOf({ argv, cwd, pty })
    this.host = { facts, issueTicket: (id, mode, who) => this.auth.issueTicket(id, mode, who) }
    this.call = localCall({
      sessions: this.sessions,
      host: this.host,
      access: "admin",
      principal: owner(false),
      signal: this.#gone.signal,
    })
  }

  /** MOP's surface, made when it is first wanted. Its keys end with the process, as its sessions do; there is no public session. */
  get mop(): MopSurface {
    const { argv, cwd, env } = this.#surroundings
    const pepper = crypto.getRandomValues(new Uint8Array(64))
    this.#mop ??= {
      mop: new Mop({ sessions: this.sessions, argv, pepper, publicSession: false, attic: null }),
      limits: null,
      custom: [],
      directory: cwd,
      env,
    }
    return this.#mop
  }

  /** Ends every session (HUP and TERM, `graceMs`, KILL) and closes their sockets. Resolves when the processes are gone. */
  async close(graceMs = 2000): Promise<void> {
    this.#gone.abort()
    await Promise.all([this.terminals.close(), this.#mop?.mop.close()])
    await this.sessions.close(graceMs)
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}

/** A core in this process. Needs Bun. */
export const createPtyline = (options?: PtylineOptions): Ptyline => new Ptyline(options)
