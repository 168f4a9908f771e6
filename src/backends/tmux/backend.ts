// Backend "tmux": each session is a pane of a private tmux server, which outlives ptyline.

import { createHash, randomBytes } from "node:crypto"
import { rmSync } from "node:fs"
import type { Backend, Process, Sink, Spec } from "../../core/session/backend.ts"
import { unrunnable, which } from "../../runtime/shared/program.ts"
import { spawnFailure } from "../process/failure.ts"
import { sessionIdOf } from "../process/tree.ts"
import { PanePipe, TmuxProcess } from "./process.ts"
import { paneScript } from "./script.ts"
import { freshName, type PaneInfo, type TmuxPane, TmuxServer, targetOf, writePrivate } from "./server.ts"

/** Panes of one workspace share a tmux session. A pane without a workspace has its own. */
export class TmuxBackend implements Backend {
  readonly kind = "tmux"
  readonly tty = true
  readonly recoverable = true
  readonly answers = true
  #directory: () => string
  #server: TmuxServer | null = null
  #panes = new Map<string, TmuxPane>()

  /** `directory` returns a directory for tmux alone. It is called when the first session starts. */
  constructor(directory: () => string) {
    this.#directory = directory
  }

  unavailable(): string | null {
    return which("tmux", process.env.PATH) ? null : "tmux is not on the PATH"
  }

  /** Throws `unavailable` without a usable tmux. */
  get server(): TmuxServer {
    this.#server ??= new TmuxServer(this.#directory(), process.env.PATH)
    return this.#server
  }

  spawn(spec: Spec, sink: Sink): Process {
    const { server } = this
    const reason = unrunnable(spec)
    if (reason) throw spawnFailure({ code: reason }, spec, "a pane")
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

  /** Returns the pane of a session that this backend started or recovered. */
  paneOf(id: string): TmuxPane | undefined {
    return this.#panes.get(id)
  }

  /** Returns a process for a pane of an earlier server. Its output starts now. */
  recover(pane: TmuxPane, sink: Sink, sessionId: string): Process {
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

  /** Opens a pane with one command line: tmux runs all of it before it reads output, so no byte is lost. */
  #open(spec: Spec, window: string, script: string): PaneInfo {
    const { server } = this
    const group = groupOf(spec.workspace ?? window)
    const target = targetOf({ group, window })
    const [x, y] = [`${spec.size.cols}`, `${spec.size.rows}`]
    const joins = spec.workspace !== undefined && server.panes().some(pane => pane.group === group)
    const size = ["set-option", "-t", `=${group}:`, "default-size", `${x}x${y}`]
    const create = joins
      ? [...size, ";", "new-window", "-t", `=${group}:`]
      : ["new-session", "-s", group, "-x", x, "-y", y]
    const pane = ["-d", "-n", window, "-P", "-F", "#{pane_id} #{pane_pid}", "/bin/sh", script]
    const pipe = ["pipe-pane", "-t", target, "-I", "-O", PanePipe.command(server, window)]
    const resize = ["resize-window", "-t", target, "-x", x, "-y", y]
    const [id = "", pid] = server
      .run(...create, ...pane, ";", ...pipe, ";", ...resize)
      .trim()
      .split(" ")
    return { group, window, pane: id, pid: Number(pid) }
  }
}

/** Returns the name of a workspace's tmux session: a hash, so that tmux cannot read it as syntax. */
const groupOf = (workspace: string): string =>
  `g${createHash("sha256").update(workspace).digest("hex").slice(0, 24)}`
