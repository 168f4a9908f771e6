// Key encoding requested by a program. The emulator ignores it; a snapshot has to restore it.

import type { Terminal } from "@xterm/headless"
import type { Core } from "./internals.ts"

/** All five flags of the protocol, and the stack depth. */
const ALL_FLAGS = 0x1f
const MAX_DEPTH = 16

/**
 * Flags of the kitty keyboard protocol (progressive enhancements, sw.kovidgoyal.net/kitty/keyboard-protocol).
 * Each screen has its own stack of flags.
 */
export class KeyModes {
  readonly #core: Core
  #normal = [0]
  #alt = [0]

  constructor({ parser }: Terminal, core: Core) {
    this.#core = core
    const hook = (prefix: string, act: (params: number[]) => void) =>
      parser.registerCsiHandler({ prefix, final: "u" }, params => {
        act(params.map(param => (typeof param === "number" ? param : 0)))
        return false
      })
    hook(">", ([flags = 0]) => this.#push(flags))
    hook("<", ([count]) => this.#pop(count || 1))
    hook("=", ([flags = 0, mode]) => this.#set(flags, mode || 1))
  }

  /** The current flags of each screen. */
  get flags(): { normal: number; alt: number } {
    return { normal: this.#normal.at(-1)!, alt: this.#alt.at(-1)! }
  }

  reset(): void {
    this.#normal = [0]
    this.#alt = [0]
  }

  get #stack(): number[] {
    const { active, alt } = this.#core.buffers
    return active === alt ? this.#alt : this.#normal
  }

  #push(flags: number): void {
    this.#stack.push(flags & ALL_FLAGS)
    if (this.#stack.length > MAX_DEPTH) this.#stack.shift()
  }

  #pop(count: number): void {
    this.#stack.splice(Math.max(0, this.#stack.length - count))
    if (this.#stack.length === 0) this.#stack.push(0)
  }

  /** Mode 1 replaces the flags, 2 adds these, 3 removes them. */
  #set(flags: number, mode: number): void {
    const stack = this.#stack
    const current = stack.at(-1)!
    const next = mode === 1 ? flags : mode === 2 ? current | flags : mode === 3 ? current & ~flags : current
    stack[stack.length - 1] = next & ALL_FLAGS
  }
}
