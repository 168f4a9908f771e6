// Giving the event loop its turn while a terminal floods. Bun reads a terminal until it is empty, which a busy program never
// lets happen: timers came late by 250 ms. So the output is held up, as by Ctrl-S, until the loop has been around once.

import { closeSync, constants, openSync, readFileSync } from "node:fs"
import { flow, TCOOFF, TCOON } from "./tcflow.ts"

/** Bun gives at least this much when it reads on without a turn of the event loop, and less when the terminal was empty. */
const READS_ON = 128 << 10
/** How long a terminal may keep the event loop for itself, in ms. */
const TURN_MS = 1.5
/**
 * A program that needs this long for READS_ON bytes (32 MB/s, in ms) writes a few hundred at a time, and reading those while
 * it writes slows both down. It may write alone for a moment, which about fills the terminal, is held up, and then read.
 */
const SLOW_MS = 4
const ALONE_MS = 0.1
/** After so many of those moments the plain way is measured again. */
const MOMENTS = 512
/** Every few of them they must have brought this share of what the plain way does, or it is the plain way for a while. */
const FEW = 16
const SHARE = 1
const WHILE = 16

/** Major device number (Linux, devices.txt). */
const UNIX98_TERMINALS = 136

/** One terminal's turns. Where there is no /proc they are left to luck. */
export class Turns {
  #device: string | null
  #heardAt = performance.now()
  #emptyAt = performance.now()
  #heard = 0
  #plain = 0
  #held: number | null = null

  /** `pid`: a process on the terminal, just started. */
  constructor(pid: number) {
    this.#device = process.platform === "linux" ? terminalOf(pid) : null
  }

  /** To be told of every piece of output as it comes, by its length. */
  noticed(length: number): void {
    const now = performance.now()
    const took = now - this.#heardAt
    this.#heard += length
    this.#heardAt = now
    if (length < READS_ON) this.#emptyAt = now
    else if (now - this.#emptyAt >= TURN_MS && this.#hold()) this.#afterTurn(took)
  }

  /** Lets the output go on. Before any input, too: a Ctrl-S in it must not be taken for ours. */
  release(): void {
    if (this.#held === null) return
    flow(this.#held, TCOON)
    closeSync(this.#held)
    this.#held = null
    this.#emptyAt = performance.now()
  }

  /** The device is open only meanwhile: as long as anyone has it open, the terminal does not end. */
  #hold(): boolean {
    if (this.#held !== null || this.#device === null) return false
    this.#held = opened(this.#device)
    return this.#held !== null && flow(this.#held, TCOOFF)
  }

  #afterTurn(took: number): void {
    const plainly = took < SLOW_MS || this.#plain-- > 0
    setImmediate(() => (plainly ? this.release() : this.#alternate(MOMENTS, (SHARE * READS_ON) / took)))
  }

  /** `rate`: what it must bring, in bytes per ms. */
  #alternate(left: number, rate: number, since = performance.now()): void {
    if (this.#held === null) return
    if (left === 0) return this.release()
    if (left % FEW === 0 && left < MOMENTS) {
      const now = performance.now()
      if (this.#heard < rate * (now - since)) return this.#giveUp()
      since = now
    }
    if (left % FEW === 0) this.#heard = 0
    flow(this.#held, TCOON)
    Atomics.wait(NOTHING, 0, 0, ALONE_MS)
    flow(this.#held, TCOOFF)
    setImmediate(() => this.#alternate(left - 1, rate, since))
  }

  #giveUp(): void {
    this.#plain = WHILE
    this.release()
  }
}

const NOTHING = new Int32Array(new SharedArrayBuffer(4))

/** By the number of the controlling terminal (proc(5), tty_nr), as the program may have put other files in place of it. */
function terminalOf(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1")
    const device = Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[4])
    const [major, minor] = [(device >> 8) & 0xfff, (device & 0xff) | ((device >> 12) & 0xfff00)]
    return major === UNIX98_TERMINALS ? `/dev/pts/${minor}` : null
  } catch {
    return null
  }
}

function opened(path: string): number | null {
  try {
    return openSync(path, constants.O_RDWR | constants.O_NOCTTY | constants.O_NONBLOCK)
  } catch {
    return null
  }
}
