// `ptyline run --name` and `--until`: the program as a session of a server, which others can watch.

import { isatty } from "node:tty"
import { childEnvironment } from "../../core/access/policy.ts"
import { PtylineError } from "../../core/lib/errors.ts"
import type { ExitStatus } from "../../core/session/backend.ts"
import { AttachConnection } from "../attach/connection.ts"
import { ensureServer } from "../connect/background.ts"
import { connect } from "../connect/connect.ts"
import type { ServerConnection } from "../connect/connection.ts"
import { UsageError, type Variables } from "../lib/flags.ts"
import { say, show } from "../lib/print.ts"
import type { RunOptions } from "./options.ts"
import { forwardSignals } from "./signals.ts"
import { ownSize } from "./spec.ts"
import { statusOf, TIMED_OUT } from "./status.ts"
import { feedSession } from "./stdin.ts"

/** Longest wait of one request, in ms. */
const SLICE_MS = 10_000
/** Searched output that is searched again, so that a match across two requests is found, in bytes. */
const OVERLAP = 8192

type Outcome =
  | { kind: "exit"; exit: ExitStatus }
  | { kind: "match" }
  | { kind: "timeout" }
  | { kind: "stopped" }

/** Resolves with the exit code. */
export async function runAsSession(options: RunOptions, env: Variables): Promise<number> {
  refuseLocalFlags(options)
  const { values } = options.parsed
  const elsewhere = values.url ?? values.profile ?? env.PTYLINE_URL ?? env.PTYLINE_PROFILE
  await using connection = elsewhere ? await connect(options.parsed, env) : await ensureServer(env)
  const { id, name } = await connection.call("create", createRequest(options, env, connection.own))
  return await new SessionRun(connection, id, name ?? id, options).run()
}

function refuseLocalFlags({ record, quiet, tail, json }: RunOptions): void {
  const given = { record: record !== null, quiet, tail: tail !== null, json }
  const [wrong] = Object.entries(given).find(([, value]) => value) ?? []
  if (wrong)
    throw new UsageError(
      `--${wrong} does not work with a session; use ptyline logs or ptyline export instead`,
    )
}

function createRequest(
  { argv, command, cwd, env, pty, size, name, parsed }: RunOptions,
  environment: Variables,
  own: boolean,
) {
  const { cols = 120, rows = 30 } = { ...(pty ? ownSize() : {}), ...defined(size) }
  return {
    ...(argv ? { argv } : { command }),
    // the directory and the variables of this machine mean nothing on another one
    ...((own || parsed.values.cwd !== undefined) && { cwd }),
    env: own ? { ...childEnvironment(environment, pty), ...env } : env,
    backend: pty ? "auto" : "pipe",
    cols,
    rows,
    name,
  }
}

const defined = <T extends object>(object: T): Partial<T> =>
  Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as Partial<T>

class SessionRun {
  readonly #connection: ServerConnection
  readonly #id: string
  readonly #name: string
  readonly #options: RunOptions
  readonly #output: AttachConnection
  readonly #over = new AbortController()
  #stopped = false

  constructor(connection: ServerConnection, id: string, name: string, options: RunOptions) {
    this.#connection = connection
    this.#id = id
    this.#name = name
    this.#options = options
    const attach = { mode: "view", snapshot: "never", from: 0 } as const
    this.#output = new AttachConnection(connection, id, attach, {
      bytes: data => show(data),
      frame: () => {},
    })
  }

  async run(): Promise<number> {
    using signals = forwardSignals(this.#options.graceMs, {
      pass: name => void this.#connection.call("signal", { id: this.#id, signal: name }).catch(() => {}),
      end: () => this.#end(),
    })
    signals.ready()
    // after --until, others type to the session; keys of a terminal are for `attach`
    if (this.#options.until === undefined && !(this.#options.pty && isatty(0)))
      feedSession(this.#connection, this.#id, this.#over.signal).catch(() => {})
    try {
      return await this.#conclude(await this.#first())
    } catch (error) {
      await this.#end()
      throw error
    } finally {
      this.#over.abort()
      this.#output.leave()
    }
  }

  /** Resolves with the first of: the end, the match, the time limit. */
  #first(): Promise<Outcome> {
    const { until, timeoutMs } = this.#options
    const ended = this.#output
      .follow()
      .then(exit => (exit ? ({ kind: "exit", exit } as const) : ({ kind: "stopped" } as const)))
    const racers: Promise<Outcome>[] = [ended]
    if (until !== undefined) racers.push(this.#match(until))
    if (timeoutMs !== null)
      racers.push(new Promise(resolve => setTimeout(resolve, timeoutMs, { kind: "timeout" })))
    return Promise.race(racers)
  }

  /** Never resolves when the session ends without a match: `#first` sees the end. */
  async #match(until: string): Promise<Outcome> {
    for (let from = 0; !this.#over.signal.aborted; ) {
      const request = { id: this.#id, until: { regex: [until] }, from, timeout_ms: SLICE_MS }
      const { outcome, cursor } = await this.#connection.call("wait", request)
      if (outcome === "match") {
        while (this.#output.offset < cursor) await new Promise(resolve => setTimeout(resolve, 1))
        return { kind: "match" }
      }
      if (outcome !== "timeout") break
      from = Math.max(0, cursor - OVERLAP)
    }
    return new Promise(() => {})
  }

  async #conclude(outcome: Outcome): Promise<number> {
    const { until, timeoutMs } = this.#options
    if (outcome.kind === "match") {
      say(`ptyline run: ${this.#name} keeps running; to stop it: ptyline end ${this.#name}`)
      return 0
    }
    if (outcome.kind === "timeout") {
      await this.#end()
      say(`ptyline run: ended after its time limit of ${timeoutMs! / 1000} s`)
      return TIMED_OUT
    }
    if (outcome.kind === "stopped") throw new PtylineError("not_running", `${this.#name} was removed`)
    const status = statusOf(outcome.exit)
    if (until === undefined) return status
    say(`ptyline run: ${this.#name} exited with ${status}; its output did not match ${JSON.stringify(until)}`)
    return status === 0 ? 1 : status
  }

  async #end(): Promise<void> {
    if (this.#stopped) return
    this.#stopped = true
    await this.#connection.call("end", { id: this.#id, grace_ms: this.#options.graceMs }).catch(() => {})
  }
}
