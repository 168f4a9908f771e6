// A child process on a terminal: the parts of `Process` that all terminal backends share.

import type { Signal } from "../../core/lib/units.ts"
import { awaitsInput } from "../process/input-wait.ts"
import { LocalProcess } from "../process/local-process.ts"
import { foregroundGroup } from "../process/tree.ts"
import { LineLimit } from "./line-limit.ts"

const EOT = 0x04
/** Signals of the keyboard (termios(3)) and of the screen: they go to the foreground job. */
const FOREGROUND: readonly Signal[] = ["INT", "QUIT", "TSTP", "WINCH"]

export abstract class TtyProcess extends LocalProcess {
  #lineLimit = new LineLimit()

  /** Whether the terminal collects input into lines now. */
  protected abstract get lineMode(): boolean

  write(data: Uint8Array): void {
    if (this.closed || this.exited) return
    if (this.lineMode) this.#lineLimit.check(data)
    else this.#lineLimit.reset()
    this.input.push(data)
  }

  awaitsInput(): boolean | null {
    return awaitsInput(this.pid)
  }

  eof(): void {
    this.write(Uint8Array.of(EOT))
  }

  protected override groupFor(name: Signal): number {
    return FOREGROUND.includes(name) ? foregroundGroup(this.pid) : this.pid
  }
}
