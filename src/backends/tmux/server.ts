// A private tmux server: its socket and settings, commands to it, and its event at the end of a pane's pipe.

import { randomBytes } from "node:crypto"
import { closeSync, constants, existsSync, openSync, rmSync, writeSync } from "node:fs"
import { join } from "node:path"
import { readDescriptor } from "#runtime/descriptors.ts"
import { runSync, spawnChild } from "#runtime/spawn.ts"
import { PtylineError } from "../../core/lib/errors.ts"
import { makeFifo } from "../../runtime/shared/os-pipe.ts"
import { which } from "../../runtime/shared/program.ts"
import type { DescriptorReader } from "../../runtime/types.ts"
import { ownDirectory, socketPath } from "../../store/state/directory.ts"
import { quoted } from "./script.ts"

/** `pane`: the pane's id in tmux. `nonce`: the secret in the end mark of its script. */
export type TmuxPane = { group: string; window: string; pane: string; pid: number; nonce: string }
export type PaneInfo = Omit<TmuxPane, "nonce">

const FORMAT = "#{session_name} #{window_name} #{pane_id} #{pane_pid}"
/** Longest wait for tmux, in ms: a tmux that does not respond must not block the server. */
const PATIENCE_MS = 5000
const ATTEMPTS = 5
const NO_STREAMS = { stdin: "ignored", stdout: "ignored", stderr: "ignored" } as const

export class TmuxServer {
  readonly directory: string
  readonly #program: string
  readonly #socket: string
  readonly #listeners = new Map<string, () => void>()
  /** The FIFO with the events of all panes. `writer` keeps it open. */
  #events: { writer: number; reader: DescriptorReader } | null = null

  /** Throws `unavailable` without a usable tmux, and `denied` when others may write to the directory. */
  constructor(directory: string, path: string | undefined) {
    this.#program = findTmux(path)
    this.directory = ownDirectory(directory)
    this.#socket = socketPath(directory, "tmux.sock")
    if (!this.#socket.startsWith(directory)) ownDirectory(join(this.#socket, ".."))
  }

  /** Returns a path in the server's directory. */
  path(name: string): string {
    return join(this.directory, name)
  }

  /** Calls `ended` after the last byte of the pane in `window`, until the returned function is called. */
  listen(window: string, ended: () => void): () => void {
    this.#listeners.set(window, ended)
    return () => void this.#listeners.delete(window)
  }

  /** Runs commands, separated by `;`, and returns their output. Throws `unavailable` with tmux's message. */
  run(...words: string[]): string {
    for (let attempt = 1; ; attempt++) {
      const { code, stdout, stderr } = this.#run(words)
      if (code === 0) return stdout
      const message = stderr.trim()
      // a tmux whose last pane has just closed is exiting; the next attempt starts another one
      if (attempt === ATTEMPTS || !/server exited|lost server/.test(message))
        throw new PtylineError("unavailable", `tmux: ${message || "no response"}`)
    }
  }

  #run(words: string[]) {
    return runSync({ argv: this.#command(words), cwd: "/", env: ENV }, PATIENCE_MS)
  }

  /** Runs a command without its output. Ignores failures such as a closed pane. */
  async post(...words: string[]): Promise<void> {
    const program = { argv: this.#command(words), cwd: "/", env: ENV }
    await new Promise(resolve => spawnChild(program, NO_STREAMS, resolve))
  }

  /** Returns every pane of this server; empty when it does not run. */
  panes(): PaneInfo[] {
    try {
      return this.run("list-panes", "-a", "-F", FORMAT).split("\n").filter(Boolean).map(paneOf)
    } catch {
      return []
    }
  }

  /** Whether tmux runs. */
  alive(): boolean {
    return this.#run(["list-sessions"]).code === 0
  }

  /** Closes this process's descriptors. tmux runs as long as it has panes. */
  close(): void {
    this.#events?.reader.close()
    if (this.#events) closeSync(this.#events.writer)
    this.#events = null
  }

  #command(words: string[]): string[] {
    const settings = this.path("tmux.conf")
    this.#openEvents()
    if (!existsSync(settings)) writePrivate(settings, this.#settings())
    return [this.#program, "-S", this.#socket, "-f", settings, ...words]
  }

  /** Programs must not rename windows: a pane is found by its window's name. */
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

  /** Returns a path in this directory, quoted for sh in a command that tmux expands first. */
  shellPath(name: string): string {
    return quoted(this.path(name)).replaceAll("#", "##").replaceAll("%", "%%")
  }

  #openEvents(): void {
    if (this.#events) return
    const path = this.path("events")
    if (!existsSync(path)) makeFifo(path)
    const reader = readDescriptor(openSync(path, constants.O_RDONLY | constants.O_NONBLOCK))
    const writer = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK)
    this.#events = { writer, reader }
    void this.#readEvents(reader)
  }

  async #readEvents(from: DescriptorReader): Promise<void> {
    let rest = ""
    for (let bytes = await from.read(); bytes; bytes = await from.read()) {
      const lines = (rest + new TextDecoder().decode(bytes)).split("\n")
      rest = lines.pop()!
      for (const line of lines) this.#listeners.get(line)?.()
    }
    from.close()
  }
}

/** Returns a unique name. */
export const freshName = (): string => `w${randomBytes(12).toString("hex")}`

/** Returns the target of a pane in tmux commands. */
export const targetOf = ({ group, window }: Pick<PaneInfo, "group" | "window">): string =>
  `=${group}:=${window}`

export function writePrivate(path: string, text: string): void {
  rmSync(path, { force: true })
  const file = openSync(path, "wx", 0o600)
  writeSync(file, text)
  closeSync(file)
}

/** Environment of tmux itself. The program of a pane gets its own. */
const ENV = { PATH: process.env.PATH ?? "/usr/bin:/bin", LANG: "C.UTF-8", TERM: "dumb", SHELL: "/bin/sh" }

function paneOf(line: string): PaneInfo {
  const [group = "", window = "", pane = "", pid] = line.split(" ")
  return { group, window, pane, pid: Number(pid) }
}

function findTmux(path: string | undefined): string {
  const program = which("tmux", path)
  const unavailable = (why: string) => new PtylineError("unavailable", `unsupported backend: tmux (${why})`)
  if (!program) throw unavailable("tmux 3 or newer is not on the PATH")
  const version = runSync({ argv: [program, "-V"], cwd: "/", env: ENV }, PATIENCE_MS).stdout.trim()
  if (Number.parseFloat(/\d+\.\d+/.exec(version)?.[0] ?? "0") < 3.2)
    throw unavailable(`${version} is too old, 3.2 is needed`)
  return program
}
