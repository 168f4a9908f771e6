// A dialogue with a program: input and expectations, each matching only output after the previous match.

import { backendChooser } from "../backends/choose.ts"
import { loginShell } from "../core/access/policy.ts"
import { owner } from "../core/access/principal.ts"
import { PtylineError } from "../core/lib/errors.ts"
import { Sessions } from "../core/registry/sessions.ts"
import { type Call, localCall } from "../ops/local.ts"
import type { ExitInfo } from "../ops/shapes.ts"
import { redact } from "./redact.ts"
import type { Choice, Expected, ScriptPattern } from "./script.ts"

/** Default timeout of an expectation, in ms. */
const TIMEOUT_MS = 30_000
/** Longest wait of a single request, in ms. */
const SLICE_MS = 10_000
/** Bytes of output that are kept: the longest possible recording. */
const LOG_LIMIT = 16 << 20
/** Time between TERM and KILL when a dialogue is closed, in ms. */
const GRACE_MS = 500

export type DialogueOptions = {
  cwd?: string
  /** Added to this process's environment. */
  env?: Record<string, string>
  cols?: number
  rows?: number
  /** Default timeout of an expectation; 30,000 if missing. */
  timeout_ms?: number
  /** Operations of the server that runs the program; this process runs it if missing. */
  call?: Call
}
/** `index`: the choice that matched. `before`: the output since the previous match. */
export type Matched = { index: number; text: string; groups: (string | null)[]; before: string }

/** An expectation failed. `screen` is the text on the screen at that time. */
export class ExpectError extends Error {
  readonly awaited: string
  readonly screen: string

  constructor(message: string, awaited: string, screen: string) {
    super(message)
    this.name = "ExpectError"
    this.awaited = awaited
    this.screen = screen
  }
}

export class Dialogue implements AsyncDisposable {
  readonly id: string
  /** Values typed as secrets. */
  readonly secrets = new Set<string>()
  readonly #call: Call
  readonly #close: () => Promise<void>
  readonly #timeoutMs: number
  #cursor = 0
  #closed = false

  private constructor(id: string, call: Call, close: () => Promise<void>, timeoutMs: number) {
    this.id = id
    this.#call = call
    this.#close = close
    this.#timeoutMs = timeoutMs
  }

  /** Starts `argv` on a new terminal. Rejects with `spawn_failed`. */
  static async start(argv: string[], options: DialogueOptions = {}): Promise<Dialogue> {
    const { call, close } = options.call ? { call: options.call, close: async () => {} } : ownCore()
    const { cwd, env, cols, rows, timeout_ms = TIMEOUT_MS } = options
    try {
      const { id } = await call("create", {
        argv,
        cwd,
        env,
        cols,
        rows,
        log_limit: LOG_LIMIT,
        durable: false,
      })
      return new Dialogue(id, call, close, timeout_ms)
    } catch (error) {
      await close()
      throw error
    }
  }

  /**
   * Waits for a text, an expression, one of several, or for something on the screen. Rejects with
   * `ExpectError` after the timeout or when the program ends first.
   */
  async expect(what: Expected, options: { timeout_ms?: number } = {}): Promise<Matched> {
    const timeoutMs = options.timeout_ms ?? this.#timeoutMs
    if (typeof what === "object" && "screen" in what) return this.#expectScreen(what.screen, timeoutMs)
    const choices: Choice[] = typeof what === "object" && "any" in what ? what.any : [what]
    const until = waitConditions(choices)
    const from = this.#cursor
    return this.#poll(timeoutMs, describe(choices), async timeout_ms => {
      const result = await this.#call("wait", { id: this.id, until, from, timeout_ms })
      if (result.outcome === "timeout") return null
      if (result.outcome !== "match")
        throw await this.#failure("the program ended without", describe(choices))
      this.#cursor = result.cursor
      const index = choices.findIndex(choice => patternText(choice) === result.pattern)
      const { groups, data } = result
      const text = result.matched ?? ""
      return { index, text, groups, before: data.slice(0, data.length - text.length) }
    })
  }

  /** Types text unchanged. */
  async send(text: string): Promise<void> {
    await this.#call("write", { id: this.id, text })
  }

  /** Presses keys by name: "ctrl-c", "up", "enter". */
  async keys(...names: string[]): Promise<void> {
    await this.#call("write", { id: this.id, keys: names.flatMap(name => name.split(" ").filter(Boolean)) })
  }

  async paste(text: string): Promise<void> {
    await this.#call("write", { id: this.id, paste: text })
  }

  /** Types the value of an environment variable and Enter. The value is masked in all output. */
  async secret(variable: string): Promise<void> {
    const value = process.env[variable]
    if (value === undefined || value === "")
      throw new PtylineError("invalid_input", `environment variable ${variable} is not set`)
    this.secrets.add(value)
    await this.#call("write", { id: this.id, text: `${value}\r` })
  }

  async resize(cols: number, rows: number): Promise<void> {
    await this.#call("resize", { id: this.id, cols, rows })
  }

  /** Waits until the program ends. Rejects with `ExpectError` after the timeout. */
  exit({ timeout_ms = this.#timeoutMs }: { timeout_ms?: number } = {}): Promise<ExitInfo> {
    return this.#poll(timeout_ms, "the program's end", async timeout_ms => {
      const { exit } = await this.#call("wait", { id: this.id, until: { exit: true }, from: -1, timeout_ms })
      return exit
    })
  }

  /** Waits until the program ends. Rejects unless it ended with this code or signal. */
  async assertExit(
    wanted: number | { signal: string },
    options: { timeout_ms?: number } = {},
  ): Promise<void> {
    const exit = await this.exit(options)
    const signal = typeof wanted === "object" ? `SIG${wanted.signal.toUpperCase().replace(/^SIG/, "")}` : null
    if (signal === null ? exit.code === wanted : exit.signal === signal) return
    const how = exit.signal ?? `code ${exit.code}`
    throw await this.#failure(`the program ended with ${how}, not with`, signal ?? `code ${wanted}`)
  }

  /** Returns the current screen with secrets masked. */
  async screen(format: "text" | "ansi" = "text"): Promise<string> {
    return redact(String(await this.#call("screen", { id: this.id, format })), this.secrets)
  }

  /** Returns the whole output as an asciicast with secrets masked. */
  async recording(): Promise<string> {
    let text = ""
    for await (const piece of await this.#call("recording", { id: this.id })) text += piece
    return redact(text, this.secrets)
  }

  /** Returns output from `from` on, and the offset after it. */
  async output(from: number): Promise<{ data: Uint8Array; next: number }> {
    const { data, next } = await this.#call("read", {
      id: this.id,
      from,
      encoding: "base64",
      max_bytes: 1 << 20,
    })
    return { data: Buffer.from(data, "base64"), next }
  }

  /** Ends the program and all processes it started. Safe to call twice. */
  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    await this.#call("end", { id: this.id, grace_ms: GRACE_MS }).catch(() => {})
    await this.#close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  /** Checks the screen after every output. */
  #expectScreen(pattern: ScriptPattern, timeoutMs: number): Promise<Matched> {
    const awaited = `${describe([pattern])} on the screen`
    const find = typeof pattern === "string" ? null : new RegExp(pattern.regex, "m")
    let seen: number | null = null
    return this.#poll(timeoutMs, awaited, async wait_ms => {
      if (seen !== null) await this.#call("read", { id: this.id, from: seen, wait_ms })
      const { next, exit } = await this.#call("read", { id: this.id, from: -1 })
      seen = next
      const text = String(await this.#call("screen", { id: this.id, format: "text" }))
      const match = find ? find.exec(text) : text.includes(pattern as string) ? [pattern as string] : null
      if (match) return { index: 0, text: match[0]!, groups: [...match].slice(1), before: "" }
      if (exit) throw await this.#failure("the program ended without", awaited)
      return null
    })
  }

  /** Repeats `attempt`, with the time that it may wait, until its result is not null or the time is over. */
  async #poll<T>(
    timeoutMs: number,
    awaited: string,
    attempt: (waitMs: number) => Promise<T | null>,
  ): Promise<T> {
    const deadline = Date.now() + timeoutMs
    for (;;) {
      const result = await attempt(Math.max(0, Math.min(SLICE_MS, deadline - Date.now())))
      if (result !== null) return result
      if (Date.now() >= deadline)
        throw await this.#failure(`timed out after ${timeoutMs} ms waiting for`, awaited)
    }
  }

  async #failure(what: string, awaited: string): Promise<ExpectError> {
    const clean = redact(awaited, this.secrets)
    return new ExpectError(`${what} ${clean}`, clean, await this.screen().catch(() => ""))
  }
}

/** Starts a program for a dialogue: `await using python = await expect(["python3", "-i"])`. */
export const expect = (argv: string[], options?: DialogueOptions): Promise<Dialogue> =>
  Dialogue.start(argv, options)

const patternText = (choice: Choice): string =>
  typeof choice === "string" ? choice : (choice.regex ?? (choice as { text: string }).text)

function waitConditions(choices: Choice[]): { match?: string[]; regex?: string[] } {
  const isText = (choice: Choice) => typeof choice === "string" || choice.regex === undefined
  const match = choices.filter(isText).map(patternText)
  const regex = choices.filter(choice => !isText(choice)).map(patternText)
  return { ...(match.length > 0 && { match }), ...(regex.length > 0 && { regex }) }
}

const describe = (choices: Choice[]): string =>
  choices
    .map(choice =>
      typeof choice !== "string" && choice.regex !== undefined
        ? `/${choice.regex}/`
        : JSON.stringify(patternText(choice)),
    )
    .join(" or ")

/** Runs sessions in this process until the dialogue is closed. */
function ownCore(): { call: Call; close: () => Promise<void> } {
  const [cwd, argv] = [process.cwd(), loginShell(process.env)]
  const sessions = new Sessions(backendChooser("auto"), {
    argv,
    cwd,
    env: process.env as Record<string, string>,
  })
  const closed = new AbortController()
  const host = {
    facts: () => ({ version: "", pid: process.pid, started_at: "", cmd: argv, cwd, backends: [] }),
    issueTicket: () => {
      throw new PtylineError("unavailable", "tickets require a server")
    },
  }
  const call = localCall({ sessions, host, access: "admin", principal: owner(false), signal: closed.signal })
  const close = async () => {
    closed.abort()
    await sessions.close(GRACE_MS)
  }
  return { call, close }
}
