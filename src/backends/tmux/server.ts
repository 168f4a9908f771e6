// A private tmux server: its socket and settings, commands to it, and its word that a pane's pipe is over.

import { randomBytes } from "node:crypto"
import { closeSync, constants, existsSync, openSync, rmSync, writeSync } from "node:fs"
import { join } from "node:path"
import { PtylineError } from "../../core/lib/errors.ts"
import { ownDirectory, socketPath } from "../../store/state/directory.ts"
import { drain, makeFifo } from "../pipe/os-pipe.ts"
import { quoted } from "./script.ts"

/** What tmux says of a pane, whose id in tmux is `pane`; and the secret by which its script says that it has ended. */
export type TmuxPane = { group: string; window: string; pane: string; pid: number; nonce: string }
export type Seen = Omit<TmuxPane, "nonce">

const FORMAT = "#{session_name} #{window_name} #{pane_id} #{pane_pid}"
/** Longest wait for tmux, in ms: a server that does not answer must not hold up ours. */
const PATIENCE_MS = 5000
const ATTEMPTS = 5

export class TmuxServer {
  readonly directory: string
  readonly #program: string
  readonly #socket: string
  readonly #heard = new Map<string, () => void>()
  #events: { keep: number; stop: AbortController } | null = null

  /** Throws `unavailable` without a tmux that can be used, `denied` for a directory that others may write to. */
  constructor(directory: string, path: string | undefined) {
    this.#program = programOf(path)
    this.directory = ownDirectory(directory)
    this.#socket = socketPath(directory, "tmux.sock")
    if (!this.#socket.startsWith(directory)) ownDirectory(join(this.#socket, ".."))
  }

  /** A path in the directory of this server. */
  path(name: string): string {
    return join(this.directory, name)
  }

  /** Calls `heard` when the last byte of the pane in `window` was passed on, unless the returned function is called before. */
  listen(window: string, heard: () => void): () => void {
    this.#heard.set(window, heard)
    return () => void this.#heard.delete(window)
  }

  /** Runs commands, which have `;` between them, and answers what they print. Throws `unavailable` with what tmux says. */
  run(...words: string[]): string {
    for (let attempt = 1; ; attempt++) {
      const { exitCode, stdout, stderr } = this.#spawn(words)
      if (exitCode === 0) return stdout.toString()
      const why = stderr.toString().trim()
      // a tmux whose last pane just went is on its way out; the next one is started by the next try
      if (attempt === ATTEMPTS || !/server exited|lost server/.test(why))
        throw new PtylineError("unavailable", `tmux: ${why || "no answer"}`)
    }
  }

  #spawn(words: string[]) {
    return Bun.spawnSync(this.#command(words), { env: ENV, timeout: PATIENCE_MS })
  }

  /** The same for what nobody waits for; a pane that is gone is no failure. */
  async post(...words: string[]): Promise<void> {
    await Bun.spawn(this.#command(words), { env: ENV, stdio: ["ignore", "ignore", "ignore"] }).exited
  }

  /** Every pane of this server; none when it does not run. */
  panes(): Seen[] {
    try {
      return this.run("list-panes", "-a", "-F", FORMAT).split("\n").filter(Boolean).map(paneOf)
    } catch {
      return []
    }
  }

  /** Does tmux run? */
  alive(): boolean {
    return this.#spawn(["list-sessions"]).exitCode === 0
  }

  /** Lets go of its own descriptors. tmux runs on as long as it has panes. */
  close(): void {
    this.#events?.stop.abort()
    if (this.#events) closeSync(this.#events.keep)
    this.#events = null
  }

  #command(words: string[]): string[] {
    const settings = this.path("tmux.conf")
    this.#watch()
    if (!existsSync(settings)) writePrivate(settings, this.#settings())
    return [this.#program, "-S", this.#socket, "-f", settings, ...words]
  }

  /** Names are nobody's to change: a program could make a pane another's. */
  #settings(): string {
    return [
      "set -g status off",
      "set -g allow-rename off",
      "set -g automatic-rename off",
      "set -g set-titles off",
      "set -g history-limit 1",
      "set -g focus-events off",
      "set -s set-clipboard off",
      "set -g update-environment ''",
      "",
    ].join("\n")
  }

  /** A path of this directory for sh in a command that tmux expands first. */
  shellPath(name: string): string {
    return quoted(this.path(name)).replaceAll("#", "##").replaceAll("%", "%%")
  }

  #watch(): void {
    if (this.#events) return
    const path = this.path("events")
    if (!existsSync(path)) makeFifo(path)
    const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
    const keep = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK)
    const stop = new AbortController()
    this.#events = { keep, stop }
    let rest = ""
    void drain(reader, stop.signal, bytes => {
      const lines = (rest + new TextDecoder().decode(bytes)).split("\n")
      rest = lines.pop()!
      for (const line of lines) this.#heard.get(line)?.()
    })
  }
}

/** A name that nothing else has here. */
export const freshName = (): string => `w${randomBytes(12).toString("hex")}`

export function writePrivate(path: string, text: string): void {
  rmSync(path, { force: true })
  const file = openSync(path, "wx", 0o600)
  writeSync(file, text)
  closeSync(file)
}

/** What tmux itself runs with; a pane's program gets its own. */
const ENV = { PATH: process.env.PATH ?? "/usr/bin:/bin", LANG: "C.UTF-8", TERM: "dumb", SHELL: "/bin/sh" }

function paneOf(line: string): Seen {
  const [group = "", window = "", pane = "", pid] = line.split(" ")
  return { group, window, pane, pid: Number(pid) }
}

function programOf(path: string | undefined): string {
  const program = Bun.which("tmux", { PATH: path ?? "" })
  const unavailable = (why: string) => new PtylineError("unavailable", `unsupported backend: tmux (${why})`)
  if (!program) throw unavailable("tmux 3 or newer is not on the PATH")
  const version = Bun.spawnSync([program, "-V"]).stdout.toString().trim()
  if (Number.parseFloat(/\d+\.\d+/.exec(version)?.[0] ?? "0") < 3.2)
    throw unavailable(`${version} is too old, 3.2 is needed`)
  return program
}
