// A program and what is said to it, in order: every expectation looks at what came behind the last one.

import { backendChooser } from "../backends/choose.ts"
import { loginShell } from "../core/access/policy.ts"
import { owner } from "../core/access/principal.ts"
import { PtylineError } from "../core/lib/errors.ts"
import { Sessions } from "../core/registry/sessions.ts"
import { type Call, localCall } from "../ops/local.ts"
import type { ExitInfo } from "../ops/shapes.ts"
import { redacted } from "./redact.ts"
import type { Choice, Expected, ScriptPattern } from "./script.ts"

/** How long an expectation waits that does not say, in ms. */
export const TIMEOUT_MS = 30_000
/** Longest wait of one request, in ms. */
const SLICE_MS = 10_000
/** Output that is kept, in bytes: as much as a recording can have. */
const LOG_LIMIT = 16 << 20
/** How long a program has to obey TERM when its dialogue is over, in ms. */
const GRACE_MS = 500

export type DialogueOptions = {
  cwd?: string
  /** Variables on top of this process's own. */
  env?: Record<string, string>
  cols?: number
  rows?: number
  /** How long an expectation waits that does not say; 30,000 without it. */
  timeout_ms?: number
  /** Where the program runs: a server's operations; without it, this process. */
  call?: Call
}
/** `index`: which of several; `text`: what matched; `groups`: of the expression; `before`: what had been printed since the last match. */
export type Matched = { index: number; text: string; groups: (string | null)[]; before: string }

/** Something else came than what was awaited; `screen` is what a person would have seen. */
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
  /** Values that were typed as secrets. */
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

  /** Starts `argv` on a terminal of its own. Rejects with `spawn_failed`. */
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
   * Waits for a text, an expression, any of several, or for something on the screen. Rejects with `ExpectError` when the time is over or
   * the program ends without it.
   */
  async expect(what: Expected, options: { timeout_ms?: number } = {}): Promise<Matched> {
    const timeoutMs = options.timeout_ms ?? this.#timeoutMs
    if (typeof what === "object" && "screen" in what) return this.#expectScreen(what.screen, timeoutMs)
    const choices: Choice[] = typeof what === "object" && "any" in what ? what.any : [what]
    const until = untilOf(choices)
    const from = this.#cursor
    const deadline = Date.now() + timeoutMs
    for (;;) {
      const timeout_ms = Math.max(0, Math.min(SLICE_MS, deadline - Date.now()))
      const answer = await this.#call("wait", { id: this.id, until, from, timeout_ms })
      if (answer.outcome === "match") {
        this.#cursor = answer.cursor
        const index = choices.findIndex(choice => textOf(choice) === answer.pattern)
        const { matched, groups, data } = answer
        return {
          index,
          text: matched ?? "",
          groups,
          before: data.slice(0, data.length - (matched ?? "").length),
        }
      }
      if (answer.outcome !== "timeout") throw await this.#failure("the program ended without", said(choices))
      if (Date.now() >= deadline) throw await this.#failure(`${timeoutMs} ms went by without`, said(choices))
    }
  }

  /** Types text as it is. */
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

  /** Types the value of an environment variable and Enter; the value is starred out wherever output is shown or kept. */
  async secret(variable: string): Promise<void> {
    const value = process.env[variable]
    if (value === undefined || value === "")
      throw new PtylineError("invalid_input", `the environment has no ${variable}`)
    this.secrets.add(value)
    await this.#call("write", { id: this.id, text: `${value}\r` })
  }

  async resize(cols: number, rows: number): Promise<void> {
    await this.#call("resize", { id: this.id, cols, rows })
  }

  /** Waits for the program's end. Rejects with `ExpectError` when it goes on. */
  async exit(options: { timeout_ms?: number } = {}): Promise<ExitInfo> {
    const timeoutMs = options.timeout_ms ?? this.#timeoutMs
    const deadline = Date.now() + timeoutMs
    for (;;) {
      const timeout_ms = Math.max(0, Math.min(SLICE_MS, deadline - Date.now()))
      const { exit } = await this.#call("wait", { id: this.id, until: { exit: true }, from: -1, timeout_ms })
      if (exit) return exit
      if (Date.now() >= deadline)
        throw await this.#failure(`${timeoutMs} ms went by without`, "the program's end")
    }
  }

  /** Waits for the program's end, which must be this code or signal. */
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

  /** What a person would see now, secrets starred out. */
  async screen(format: "text" | "ansi" = "text"): Promise<string> {
    return redacted(String(await this.#call("screen", { id: this.id, format })), this.secrets)
  }

  /** Output from the beginning, secrets starred out: pieces of an asciicast. */
  async recording(): Promise<string> {
    let text = ""
    for await (const piece of await this.#call("recording", { id: this.id })) text += piece
    return redacted(text, this.secrets)
  }

  /** Output from `from` on, and where it ends. */
  async output(from: number): Promise<{ data: Uint8Array; next: number }> {
    const { data, next } = await this.#call("read", {
      id: this.id,
      from,
      encoding: "base64",
      max_bytes: 1 << 20,
    })
    return { data: Buffer.from(data, "base64"), next }
  }

  /** Ends the program and all it started. */
  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    await this.#call("end", { id: this.id, grace_ms: GRACE_MS }).catch(() => {})
    await this.#close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  /** Looks whenever something was printed. */
  async #expectScreen(pattern: ScriptPattern, timeoutMs: number): Promise<Matched> {
    const deadline = Date.now() + timeoutMs
    const find = typeof pattern === "string" ? null : new RegExp(pattern.regex, "m")
    for (;;) {
      const { next, exit } = await this.#call("read", { id: this.id, from: -1 })
      const text = String(await this.#call("screen", { id: this.id, format: "text" }))
      const match = find ? find.exec(text) : text.includes(pattern as string) ? [pattern as string] : null
      if (match) return { index: 0, text: match[0]!, groups: [...match].slice(1), before: "" }
      if (exit) throw await this.#failure("the program ended without", `on its screen ${said([pattern])}`)
      const left = deadline - Date.now()
      if (left <= 0)
        throw await this.#failure(`${timeoutMs} ms went by without`, `on the screen ${said([pattern])}`)
      await this.#call("read", { id: this.id, from: next, wait_ms: Math.min(SLICE_MS, left) })
    }
  }

  async #failure(what: string, awaited: string): Promise<ExpectError> {
    const clean = redacted(awaited, this.secrets)
    return new ExpectError(`${what} ${clean}`, clean, await this.screen().catch(() => ""))
  }
}

/** Starts a program to talk to: `await using python = await expect(["python3", "-i"])`. */
export const expect = (argv: string[], options?: DialogueOptions): Promise<Dialogue> =>
  Dialogue.start(argv, options)

const textOf = (choice: Choice): string =>
  typeof choice === "string" ? choice : (choice.regex ?? (choice as { text: string }).text)

function untilOf(choices: Choice[]): { match?: string[]; regex?: string[] } {
  const isText = (choice: Choice) => typeof choice === "string" || choice.regex === undefined
  const match = choices.filter(isText).map(textOf)
  const regex = choices.filter(choice => !isText(choice)).map(textOf)
  return { ...(match.length > 0 && { match }), ...(regex.length > 0 && { regex }) }
}

const said = (choices: Choice[]): string =>
  choices
    .map(choice =>
      typeof choice !== "string" && choice.regex !== undefined
        ? `/${choice.regex}/`
        : JSON.stringify(textOf(choice)),
    )
    .join(" or ")

/** Sessions of this process, which end with the dialogue. */
function ownCore(): { call: Call; close: () => Promise<void> } {
  const [cwd, argv] = [process.cwd(), loginShell(process.env)]
  const sessions = new Sessions(backendChooser("auto"), {
    argv,
    cwd,
    env: process.env as Record<string, string>,
  })
  const gone = new AbortController()
  const host = {
    facts: () => ({ version: "", pid: process.pid, started_at: "", cmd: argv, cwd, backends: [] }),
    issueTicket: () => {
      throw new PtylineError("unavailable", "a ticket needs a server")
    },
  }
  const call = localCall({ sessions, host, access: "admin", principal: owner(false), signal: gone.signal })
  const close = async () => {
    gone.abort()
    await sessions.close(GRACE_MS)
  }
  return { call, close }
}
