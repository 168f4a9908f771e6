// The caller's terminal: raw while attached, and always restored afterwards.

import { type ChildProcess, execFileSync, spawn } from "node:child_process"
import { openSync } from "node:fs"
import { attempt } from "../../core/lib/attempt.ts"
import { MAX_SIDE } from "../../core/lib/units.ts"
import type { Size } from "../../core/session/backend.ts"
import { putNow } from "../lib/print.ts"

/**
 * Turns off the modes that a program may have left on (xterm's ctlseqs): alternate screen, mouse and focus
 * reports, bracketed paste, application keys, scroll region, cursor shape, colours. Keeps the cursor's place.
 */
export const MODES_OFF =
  "\x1b[?2026l\x1b[?1047l\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1004l\x1b[?1005l\x1b[?1006l\x1b[?1015l\x1b[?1016l" +
  "\x1b[?2004l\x1b[?1l\x1b>\x1b[?7h\x1b7\x1b[r\x1b8\x1b[?25h\x1b[0 q\x1b[m\x1b(B\x0f\x1b[4l\x1b[>4m\x1b[=0;1u"

/**
 * Process that restores the terminal when its stdin ends, which it does if this process is killed. A line on
 * stdin says that the terminal is restored already. A mode set by a shell meanwhile (with opost) stays.
 */
const GUARD = `trap '' INT QUIT HUP TERM TSTP TTOU TTIN
if read -r _; then exit 0; fi
case "$(stty -a <&3)" in *-opost*) stty "$1" <&3;; esac
printf %s "$2" >&3`

export class CallerTerminal {
  readonly #saved: string
  readonly #guard: ChildProcess
  #input: (bytes: Uint8Array) => void = () => {}
  #isRaw = false
  #closed = false
  readonly #off: (() => void)[] = []

  private constructor(saved: string, guard: ChildProcess) {
    this.#saved = saved
    this.#guard = guard
    const onData = (bytes: Uint8Array) => this.#input(bytes)
    process.stdin.on("data", onData)
    this.#off.push(() => process.stdin.off("data", onData))
    const onExit = () => this.close()
    process.once("exit", onExit)
    this.#off.push(() => process.off("exit", onExit))
  }

  /** Saves the terminal's settings and starts the guard. Stdin must be a terminal. */
  static async open(): Promise<CallerTerminal> {
    const saved = execFileSync("stty", ["-g"], {
      stdio: ["inherit", "pipe", "ignore"],
      encoding: "utf8",
    }).trim()
    return new CallerTerminal(saved, startGuard(saved))
  }

  /** The terminal's size; null if unknown: a terminal without a size reports 0 by 0. */
  get size(): Size | null {
    const [cols, rows] = process.stdout.isTTY ? process.stdout.getWindowSize() : [80, 24]
    return cols > 0 && rows > 0 ? { cols: Math.min(cols, MAX_SIDE), rows: Math.min(rows, MAX_SIDE) } : null
  }

  onInput(listener: (bytes: Uint8Array) => void): void {
    this.#input = listener
  }

  onResize(listener: (size: Size) => void): void {
    const onResize = () => this.size && listener(this.size)
    process.stdout.on("resize", onResize)
    this.#off.push(() => process.stdout.off("resize", onResize))
  }

  raw(): void {
    process.stdin.setRawMode(true)
    process.stdin.resume()
    this.#isRaw = true
  }

  /** Restores the terminal: its settings first, then the modes that programs turned on. */
  restore(): void {
    if (!this.#isRaw) return
    this.#isRaw = false
    process.stdin.setRawMode(false)
    execFileSync("stty", [this.#saved], { stdio: ["inherit", "ignore", "ignore"] })
    // fails when the terminal is gone
    attempt(() => putNow(1, MODES_OFF))
  }

  /** Restores the terminal and stops listening to it. Safe to call twice. */
  close(): void {
    if (this.#closed) return
    this.#closed = true
    for (const off of this.#off) off()
    attempt(() => this.restore())
    process.stdin.pause()
    this.#guard.stdin?.write("done\n")
  }
}

function startGuard(saved: string): ChildProcess {
  const terminal = openSync("/dev/tty", "r+")
  const guard = spawn("/bin/sh", ["-c", GUARD, "ptyline-guard", saved, MODES_OFF], {
    stdio: ["pipe", "ignore", "ignore", terminal],
  })
  guard.on("error", () => {})
  guard.stdin?.on("error", () => {})
  guard.unref()
  return guard
}
