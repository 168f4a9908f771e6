// `ptyline attach`: connects the caller's terminal to a session.

import { isatty } from "node:tty"
import type { ExitStatus } from "../../core/session/backend.ts"
import { SIZE_POLICIES, type SizePolicy } from "../../core/session/sizing.ts"
import { QueryBlanker } from "../../http/attach/replay.ts"
import type { ServerFrame } from "../../wire/attach.ts"
import { connect } from "../connect/connect.ts"
import type { ServerConnection } from "../connect/connection.ts"
import { oneWord, UsageError, type Variables } from "../lib/flags.ts"
import { put, say } from "../lib/print.ts"
import { parseSettings } from "../lib/settings.ts"
import { statusOf } from "../run/status.ts"
import { AttachConnection } from "./connection.ts"
import { ATTACH_FLAGS } from "./flags.ts"
import { type DetachKeys, detachKeys, InputParser } from "./input-parser.ts"
import { AltScreen, BOTTOM, drawing, freshPage } from "./screen-area.ts"
import { CallerTerminal } from "./terminal.ts"

/** Resolves with the exit code: 0 after detaching, else the session's. */
export async function attach(args: string[], env: Variables): Promise<number> {
  const parsed = await parseSettings("attach", args, ATTACH_FLAGS, env)
  const id = oneWord(parsed)
  const keys = detachKeys(parsed.values["detach-keys"] as string)
  const policy = policyOf(parsed.values["size-policy"] as string | undefined)
  if (!isatty(0) || !isatty(1))
    throw new UsageError("attach needs a terminal; to follow a session without one, use ptyline logs -f")
  await using connection = await connect(parsed, env)
  const { name } = await connection.call("get", { id })
  if (policy) await connection.call("update", { id, size_policy: policy })
  return await new Attached(connection, id, name ?? id, keys, parsed.values.view === true).run()
}

function policyOf(text: string | undefined): SizePolicy | null {
  if (text === undefined) return null
  const policy = SIZE_POLICIES.find(known => known === text)
  if (policy) return policy
  throw new UsageError(`--size-policy must be ${SIZE_POLICIES.join(", ")}, got ${JSON.stringify(text)}`)
}

class Attached {
  readonly #connection: AttachConnection
  readonly #name: string
  readonly #parser: InputParser
  readonly #detach: DetachKeys
  readonly #view: boolean
  readonly #alt = new AltScreen()
  #terminal: CallerTerminal | null = null
  #blanker = new QueryBlanker()
  /** True if this terminal answers the program's queries, and not another viewer's. */
  #answers = false
  /** Printed after the terminal is restored: why the attachment ended. */
  #farewell: string | null = null
  #code = 0

  constructor(connection: ServerConnection, id: string, name: string, keys: DetachKeys, view: boolean) {
    this.#name = name
    this.#detach = keys
    this.#parser = new InputParser(keys)
    this.#view = view
    const window = () => this.#terminal!.size
    this.#connection = new AttachConnection(
      connection,
      id,
      { mode: view ? "view" : "control", snapshot: "always", window },
      {
        bytes: data => this.#show(data),
        frame: frame => this.#frame(frame),
      },
    )
  }

  async run(): Promise<number> {
    const terminal = await CallerTerminal.open()
    this.#terminal = terminal
    terminal.onInput(bytes => this.#input(bytes))
    terminal.onResize(size => this.#connection.control({ type: "resize", ...size }))
    const unsubscribe = this.#onSignals()
    try {
      terminal.raw()
      // after raw mode is on: from here on, input goes to the session
      say(
        `ptyline: ${this.#view ? "watching" : "attached to"} ${this.#name}; to detach, press ${this.#detach.text}\r`,
      )
      if (terminal.size) await put(1, freshPage(terminal.size))
      const exit = await this.#connection.follow()
      return this.#ended(exit)
    } finally {
      for (const off of unsubscribe) off()
      if (this.#alt.on) await put(1, BOTTOM).catch(() => {})
      terminal.close()
      if (this.#farewell) say(`\r\n${this.#farewell}`)
    }
  }

  #ended(exit: ExitStatus | null): number {
    if (!exit) return this.#code
    const how = exit.signal ? `by ${exit.signal}` : `with ${exit.code}`
    this.#farewell = `ptyline: ${this.#name} ended ${how}`
    return statusOf(exit)
  }

  /** Detaches before a signal ends this process. */
  #onSignals(): (() => void)[] {
    const leave = (["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"] as const).map(name => {
      const detach = () =>
        this.#leave(`ptyline: detached from ${this.#name} by ${name}`, statusOf({ code: null, signal: name }))
      process.on(name, detach)
      return () => void process.off(name, detach)
    })
    const suspend = () => this.#suspend()
    const resume = () => this.#resume()
    process.on("SIGTSTP", suspend)
    process.on("SIGCONT", resume)
    return [...leave, () => process.off("SIGTSTP", suspend), () => process.off("SIGCONT", resume)]
  }

  #input(data: Uint8Array): void {
    const { bytes, command } = this.#parser.parse(data)
    if (bytes.length > 0 && !this.#view) this.#connection.send(bytes)
    if (command === "detach") this.#leave(`ptyline: detached from ${this.#name}`, 0)
    if (command === "suspend") this.#suspend()
  }

  #leave(farewell: string, code: number): void {
    this.#farewell = farewell
    this.#code = code
    this.#connection.leave()
  }

  /** Restores the terminal and stops this process, as Ctrl-Z would. */
  #suspend(): void {
    this.#terminal?.restore()
    say("")
    process.kill(process.pid, "SIGSTOP")
  }

  #resume(): void {
    this.#terminal?.raw()
    this.#connection.redraw()
  }

  async #show(data: Uint8Array): Promise<void> {
    this.#alt.note(data)
    await put(1, this.#answers && !this.#view ? data : this.#blanker.pass(data, false))
  }

  async #frame(frame: ServerFrame): Promise<void> {
    if (frame.type === "viewers") this.#answers = frame.answers
    if (frame.type === "snapshot") {
      this.#alt.reset()
      await this.#show(new TextEncoder().encode(drawing(frame.data)))
    }
  }
}
