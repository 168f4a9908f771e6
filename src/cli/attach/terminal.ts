// The terminal of whoever called us: raw while a session has it, and as it was afterwards, whatever happens.

import { execFileSync, spawn } from "node:child_process"
import { openSync } from "node:fs"
import type { Size } from "../../core/session/backend.ts"
import { putNow } from "../lib/print.ts"

/**
 * What a program in a session may have left on, off again: the alternate screen, mouse and focus reports, bracketed paste, application keys, the
 * scroll region, a hidden or other cursor, colours (xterm's ctlseqs). None of it moves the cursor of a terminal where it was not on.
 */
export const MODES_OFF =
  "\x1b[?2026l\x1b[?1047l\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1004l\x1b[?1005l\x1b[?1006l\x1b[?1015l\x1b[?1016l" +
  "\x1b[?2004l\x1b[?1l\x1b>\x1b[?7h\x1b7\x1b[r\x1b8\x1b[?25h\x1b[0 q\x1b[m\x1b(B\x0f\x1b[4l\x1b[>4m\x1b[=0;1u"

/**
 * The part that outlives us: it waits for the end of its stdin, which our death is, however it comes, and puts the terminal back. A line
 * before that says that we did it ourselves. A shell that has set its own mode meanwhile (with opost) is not disturbed.
 */
const GUARD = `trap '' INT QUIT HUP TERM TSTP TTOU TTIN
if read -r _; then exit 0; fi
case "$(stty -a <&3)" in *-opost*) stty "$1" <&3;; esac
printf %s "$2" >&3`

export class CallerTerminal {
  readonly #saved: string
  readonly #guard: { stand(): void }
  #input: (bytes: Uint8Array) => void = () => {}
  #isRaw = false
  #closed = false
  readonly #off: (() => void)[] = []

  private constructor(saved: string, guard: { stand(): void }) {
    this.#saved = saved
    this.#guard = guard
    const heard = (bytes: Uint8Array) => this.#input(bytes)
    process.stdin.on("data", heard)
    this.#off.push(() => process.stdin.off("data", heard))
    const crashed = () => this.close()
    process.once("exit", crashed)
    this.#off.push(() => process.off("exit", crashed))
  }

  /** Notes how the terminal is and sets the guard. Stdin must be a terminal. */
  static async open(): Promise<CallerTerminal> {
    const saved = execFileSync("stty", ["-g"], {
      stdio: ["inherit", "pipe", "ignore"],
      encoding: "utf8",
    }).trim()
    return new CallerTerminal(saved, startGuard(saved))
  }

  /** Null where it is not known: a terminal that nobody gave one says 0 by 0. */
  get size(): Size | null {
    const [cols, rows] = process.stdout.isTTY ? process.stdout.getWindowSize() : [80, 24]
    return cols > 0 && rows > 0 ? { cols: Math.min(cols, 1000), rows: Math.min(rows, 1000) } : null
  }

  onInput(listener: (bytes: Uint8Array) => void): void {
    this.#input = listener
  }

  onResize(listener: (size: Size) => void): void {
    const heard = () => this.size && listener(this.size)
    process.stdout.on("resize", heard)
    this.#off.push(() => process.stdout.off("resize", heard))
  }

  raw(): void {
    process.stdin.setRawMode(true)
    process.stdin.resume()
    this.#isRaw = true
  }

  /** As it was: settings first, then what programs switched on. */
  restore(): void {
    if (!this.#isRaw) return
    this.#isRaw = false
    process.stdin.setRawMode(false)
    execFileSync("stty", [this.#saved], { stdio: ["inherit", "ignore", "ignore"] })
    try {
      putNow(1, MODES_OFF)
    } catch {
      // a terminal that is gone needs nothing
    }
  }

  /** Restores and lets go; more than once is fine. */
  close(): void {
    if (this.#closed) return
    this.#closed = true
    for (const off of this.#off) off()
    try {
      this.restore()
    } catch {
      // the terminal is gone: nothing is left to be put back
    }
    process.stdin.pause()
    this.#guard.stand()
  }
}

/** `stand` tells the guard that nothing is left to do. */
function startGuard(saved: string): { stand(): void } {
  const terminal = openSync("/dev/tty", "r+")
  const guard = spawn("/bin/sh", ["-c", GUARD, "ptyline-guard", saved, MODES_OFF], {
    stdio: ["pipe", "ignore", "ignore", terminal],
  })
  guard.on("error", () => {})
  guard.stdin?.on("error", () => {})
  guard.unref()
  return { stand: () => void guard.stdin?.write("done\n") }
}
