// A real terminal for tests: a pane of a separate tmux server, driven by send-keys and capture-pane.

import { join } from "node:path"
import { eventually } from "../helpers.ts"
import { type Home, program } from "../program.ts"

let count = 0

export class Pane {
  readonly #socket: string
  readonly #home: Home

  constructor(home: Home, cols = 90, rows = 24) {
    this.#home = home
    this.#socket = join(home.path, `tmux-${++count}`)
    const shell = ["env", "PS1=outer$ ", "bash", "--norc", "--noprofile"]
    this.tmux("new-session", "-d", "-x", `${cols}`, "-y", `${rows}`, ...shell)
  }

  /** Runs a tmux command on this pane's server. */
  tmux(...args: string[]): string {
    const { PS1: _, ...env } = this.#home.env
    const words = ["tmux", "-S", this.#socket, "-f", "/dev/null", ...args]
    const { stdout, stderr, exitCode } = Bun.spawnSync(words, {
      cwd: this.#home.path,
      env: { ...env, TERM: "xterm" },
    })
    if (exitCode !== 0) throw new Error(`tmux ${args[0]}: ${stderr}`)
    return stdout.toString()
  }

  /** The command line that starts ptyline. */
  static readonly ptyline = program().join(" ")

  /** Types text, then Enter. */
  line(text: string): void {
    this.tmux("send-keys", "-l", text)
    this.keys("Enter")
  }

  /** Presses keys by tmux's names. */
  keys(...names: string[]): void {
    this.tmux("send-keys", ...names)
  }

  get screen(): string {
    return this.tmux("capture-pane", "-p").trimEnd()
  }

  /** The screen with its scrollback. */
  get history(): string {
    return this.tmux("capture-pane", "-p", "-S", "-").trimEnd()
  }

  /** A format variable of the pane, such as alternate_on or mouse_any_flag. */
  fact(name: string): string {
    return this.tmux("display-message", "-p", `#{${name}}`).trim()
  }

  async until(condition: string | RegExp | (() => boolean), what = String(condition)): Promise<void> {
    const met = () => {
      if (typeof condition === "function") return condition()
      return typeof condition === "string" ? this.screen.includes(condition) : condition.test(this.screen)
    }
    try {
      await eventually(met, what)
    } catch {
      throw new Error(`timed out waiting for ${what}; the screen is\n${this.screen}`)
    }
  }

  [Symbol.dispose](): void {
    try {
      this.tmux("kill-server")
    } catch {
      // the server has ended already
    }
  }
}
