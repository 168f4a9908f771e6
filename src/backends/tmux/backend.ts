// Backend "tmux": each session is a pane of a private tmux server, which outlives ptyline.

import { createHash, randomBytes } from "node:crypto"
import { rmSync } from "node:fs"
import type { Backend, Process, Sink, Spec } from "../../core/session/backend.ts"
import { spawnFailure } from "../process/failure.ts"
import { unrunnable } from "../process/program.ts"
import { PanePipe, TmuxProcess } from "./process.ts"
import { paneScript, sessionIdOf } from "./script.ts"
import { freshName, type Seen, type TmuxPane, TmuxServer, writePrivate } from "./server.ts"

/** Panes of one workspace are windows of one tmux session; without a workspace a pane has a tmux session of its own. */
export class TmuxBackend implements Backend {
  readonly kind = "tmux"
  readonly tty = true
  /** tmux is a terminal itself and answers its programs' questions. */
  readonly answers = true
  #where: () => string
  #server: TmuxServer | null = null
  #panes = new Map<string, TmuxPane>()

  /** `where` is asked for a directory of its own once a session wants it. */
  constructor(where: () => string) {
    this.#where = where
  }

  /** Throws `unavailable` where tmux cannot be had. */
  get server(): TmuxServer {
    this.#server ??= new TmuxServer(this.#where(), process.env.PATH)
    return this.#server
  }

  spawn(spec: Spec, sink: Sink): Process {
    const { server } = this
    const why = unrunnable(spec)
    if (why) throw spawnFailure({ code: why }, spec, "a pane")
    const window = freshName()
    const script = server.path(`${window}.sh`)
    const pipe = new PanePipe(server, window)
    try {
      const nonce = randomBytes(16).toString("hex")
      writePrivate(script, paneScript(spec, script, nonce))
      const pane = { ...this.#open(spec, window, script), nonce }
      this.#panes.set(sessionIdOf(spec), pane)
      return new TmuxProcess(server, pane, pipe, sink, sessionIdOf(spec), spec)
    } catch (error) {
      pipe.close()
      rmSync(script, { force: true })
      throw error
    }
  }

  /** The pane of a session that was started or taken up here. */
  paneOf(id: string): TmuxPane | undefined {
    return this.#panes.get(id)
  }

  /** A process for a pane of an earlier server: its output from now on. */
  takeUp(pane: TmuxPane, sink: Sink, sessionId: string): Process {
    const { server } = this
    const pipe = new PanePipe(server, pane.window)
    try {
      server.run("pipe-pane", "-t", targetOf(pane), "-I", "-O", PanePipe.command(server, pane.window))
      this.#panes.set(sessionId, pane)
      return new TmuxProcess(server, pane, pipe, sink, sessionId)
    } catch (error) {
      pipe.close()
      throw error
    }
  }

  forget(id: string): void {
    this.#panes.delete(id)
  }

  /** One command line: tmux reads nothing of the pane before all of it is done, so the pipe has every byte. */
  #open(spec: Spec, window: string, script: string): Seen {
    const { server } = this
    const group = groupOf(spec.workspace ?? window)
    const { cols, rows } = spec.size
    const [x, y] = [`${cols}`, `${rows}`]
    const named = ["-d", "-n", window, "-P", "-F", "#{pane_id} #{pane_pid}"]
    const program = ["/bin/sh", script]
    const piped = [
      ";",
      "pipe-pane",
      "-t",
      `=${group}:=${window}`,
      "-I",
      "-O",
      PanePipe.command(server, window),
    ]
    const fixed = [";", "resize-window", "-t", `=${group}:=${window}`, "-x", x, "-y", y]
    const known = spec.workspace !== undefined && server.panes().some(pane => pane.group === group)
    const begin = known
      ? [
          "set-option",
          "-t",
          `=${group}:`,
          "default-size",
          `${x}x${y}`,
          ";",
          "new-window",
          "-t",
          `=${group}:`,
          ...named,
        ]
      : ["new-session", "-s", group, "-x", x, "-y", y, ...named]
    const said = server.run(...begin, ...program, ...piped, ...fixed)
    const [pane = "", pid] = said.trim().split(" ")
    return { group, window, pane, pid: Number(pid) }
  }
}

export const targetOf = (pane: Seen): string => `=${pane.group}:=${pane.window}`

/** A tmux session's name that says nothing and cannot be read as anything. */
export const groupOf = (workspace: string): string =>
  `g${createHash("sha256").update(workspace).digest("hex").slice(0, 24)}`
