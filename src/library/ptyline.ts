// A core embedded in another program; its sessions end with that program.

import { webSockets } from "#runtime/http.ts"
import { backendChooser, backendList, type PreferredPty } from "../backends/choose.ts"
import type { MopSurface } from "../compat/mop/http/routes.ts"
import { Mop } from "../compat/mop/mop.ts"
import { Terminals } from "../compat/mrmd/terminals.ts"
import { loginShell } from "../core/access/policy.ts"
import { owner } from "../core/access/principal.ts"
import type { Limits } from "../core/lib/limits.ts"
import { Sessions } from "../core/registry/sessions.ts"
import { Auth, newToken } from "../http/access/auth.ts"
import { serverFacts } from "../http/api/facts.ts"
import { type Call, localCall } from "../ops/local.ts"
import type { Host } from "../ops/operation.ts"

export type PtylineOptions = {
  /** Default command for new sessions; a login shell if missing. */
  cmd?: string[]
  /** Working directory of sessions; this process's if missing. */
  cwd?: string
  /** Environment of sessions; this process's if missing. */
  env?: Record<string, string | undefined>
  /** The terminal backend. */
  pty?: PreferredPty
  limits?: Partial<Limits>
  /** Token of 32 characters or more; generated if missing. Null permits everything to every client. */
  token?: string | null
}

export class Ptyline implements AsyncDisposable {
  readonly sessions: Sessions
  /** mrmd's terminals: records by id, and the list of running ones. */
  readonly terminals: Terminals
  /** The token that clients need; null if none. */
  readonly token: string | null
  /** Calls an operation directly, without a network. */
  readonly call: Call
  /** Pass it to `Bun.serve` together with the routes; WebSockets need it. `Deno.serve` needs none. */
  readonly websocket = webSockets
  readonly auth: Auth
  readonly host: Host
  readonly #defaults: { argv: string[]; cwd: string; env: Record<string, string | undefined> }
  #mop: MopSurface | null = null
  #closed = new AbortController()

  constructor(options: PtylineOptions = {}) {
    const { cwd = process.cwd(), env = process.env, pty = "auto", limits, token = newToken() } = options
    const argv = options.cmd ?? loginShell(env)
    this.token = token
    this.#defaults = { argv, cwd, env }
    this.sessions = new Sessions(
      backendChooser(pty),
      { argv, cwd, env: env as Record<string, string> },
      limits,
    )
    this.terminals = new Terminals(this.sessions)
    this.auth = new Auth(token, this.sessions.grants)
    const facts = serverFacts(argv, cwd, () => backendList(pty))
    this.host = { facts, issueTicket: (id, mode, who) => this.auth.issueTicket(id, mode, who) }
    this.call = localCall({
      sessions: this.sessions,
      host: this.host,
      access: "admin",
      principal: owner(false),
      signal: this.#closed.signal,
    })
  }

  /** MOP's surface, created on first use. Its keys end with this process. There is no public session. */
  get mop(): MopSurface {
    const { argv, cwd, env } = this.#defaults
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

  /** Ends all sessions (HUP and TERM; after `graceMs`, KILL). Resolves when they are gone. */
  async close(graceMs = 2000): Promise<void> {
    this.#closed.abort()
    await Promise.all([this.terminals.close(), this.#mop?.mop.close()])
    await this.sessions.close(graceMs)
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}

/** Creates a core in this process, in Bun or Deno. */
export const createPtyline = (options?: PtylineOptions): Ptyline => new Ptyline(options)
