// `ptyline attach`: the caller's terminal on a session, and the session's screen on the caller's terminal.

import { isatty } from "node:tty"
import type { ExitStatus } from "../../core/session/backend.ts"
import { SIZE_POLICIES, type SizePolicy } from "../../core/session/sizing.ts"
import { QueryBlanker } from "../../http/attach/replay.ts"
import type { ServerFrame } from "../../wire/attach.ts"
import { type Connection, connect } from "../connect/connection.ts"
import type { Variables } from "../connect/target.ts"
import { parseFlags, UsageError, withEnvironment } from "../lib/flags.ts"
import { put, say } from "../lib/print.ts"
import { settingsOf } from "../lib/settings.ts"
import { statusOf } from "../run/status.ts"
import { AttachConnection } from "./connection.ts"
import { type DetachKeys, detachKeys, KeyReader } from "./input-parser.ts"
import { AltScreen, BOTTOM, drawing, freshPage } from "./screen-area.ts"
import { CallerTerminal } from "./terminal.ts"
import { ATTACH_FLAGS } from "./verb.ts"

/** Resolves with the exit code: 0 when detached, else the session's own. */
export async function attach(args: string[], env: Variables): Promise<number> {
  const file = await settingsOf("attach", env)
  const parsed = withEnvironment(parseFlags(args, ATTACH_FLAGS), ATTACH_FLAGS, env, file, "PTYLINE_ATTACH_")
  const [id, surplus] = parsed.words
  if (id === undefined) throw new UsageError("attach needs ID")
  if (surplus !== undefined) throw new UsageError(`unexpected word ${JSON.stringify(surplus)}`)
  const keys = detachKeys(parsed.values["detach-keys"] as string)
  const policy = policyOf(parsed.values["size-policy"] as string | undefined)
  if (!isatty(0) || !isatty(1))
    throw new UsageError("attach needs a terminal; ptyline logs -f follows a session without one")
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
  readonly #line: AttachConnection
  readonly #name: string
  readonly #keys: KeyReader
  readonly #detach: DetachKeys
  readonly #view: boolean
  readonly #alt = new AltScreen()
  #terminal: CallerTerminal | null = null
  #blanker = new QueryBlanker()
  /** Does our terminal answer what the program asks? Another viewer's may. */
  #answers = false
  /** Why it is over, where that is not the session's own end. */
  #word: string | null = null
  #code = 0

  constructor(connection: Connection, id: string, name: string, keys: DetachKeys, view: boolean) {
    this.#name = name
    this.#detach = keys
    this.#keys = new KeyReader(keys)
    this.#view = view
    const window = () => this.#terminal!.size
    this.#line = new AttachConnection(
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
    terminal.onInput(bytes => this.#typed(bytes))
    terminal.onResize(size => this.#line.control({ type: "resize", ...size }))
    const offs = this.#hearSignals()
    try {
      terminal.raw()
      // only now: what is typed from here on is the session's
      say(`ptyline: ${this.#view ? "watching" : "on"} ${this.#name}; detach: ${this.#detach.text}\r`)
      if (terminal.size) await put(1, freshPage(terminal.size))
      const exit = await this.#line.follow()
      return this.#ended(exit)
    } finally {
      for (const off of offs) off()
      if (this.#alt.on) await put(1, BOTTOM).catch(() => {})
      terminal.close()
      if (this.#word) say(`\r\n${this.#word}`)
    }
  }

  #ended(exit: ExitStatus | null): number {
    if (!exit) return this.#code
    const how = exit.signal ? `by ${exit.signal}` : `with ${exit.code}`
    this.#word = `ptyline: ${this.#name} ended ${how}`
    return statusOf(exit)
  }

  /** The signals that would end us let go of the session in good order first. */
  #hearSignals(): (() => void)[] {
    const leave = (["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"] as const).map(name => {
      const heard = () =>
        this.#leave(`ptyline: detached from ${this.#name} by ${name}`, statusOf({ code: null, signal: name }))
      process.on(name, heard)
      return () => void process.off(name, heard)
    })
    const stop = () => this.#suspend()
    const goOn = () => this.#resume()
    process.on("SIGTSTP", stop)
    process.on("SIGCONT", goOn)
    return [...leave, () => process.off("SIGTSTP", stop), () => process.off("SIGCONT", goOn)]
  }

  #typed(data: Uint8Array): void {
    const { bytes, asked } = this.#keys.read(data)
    if (bytes.length > 0 && !this.#view) this.#line.send(bytes)
    if (asked === "detach") this.#leave(`ptyline: detached from ${this.#name}`, 0)
    if (asked === "suspend") this.#suspend()
  }

  #leave(word: string, code: number): void {
    this.#word = word
    this.#code = code
    this.#line.leave()
  }

  /** Gives the terminal back and stops, as a program does on Ctrl-Z. */
  #suspend(): void {
    this.#terminal?.restore()
    say("")
    process.kill(process.pid, "SIGSTOP")
  }

  #resume(): void {
    this.#terminal?.raw()
    this.#line.redraw()
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
