// How a program wants its keys encoded, which the emulator does not know of and another terminal may have to be told.

import type { Terminal } from "@xterm/headless"
import type { Core } from "./internals.ts"

/** The five flags that there are, and how many pushes are remembered. */
const ALL_KEYS = 0x1f
const MOST_KEYS = 16

/**
 * How keys are to be encoded, by the progressive enhancements of the kitty keyboard protocol
 * (sw.kovidgoyal.net/kitty/keyboard-protocol): each screen has a stack of flags of its own.
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

  /** The flags in force on each screen. */
  get flags(): { normal: number; alt: number } {
    return { normal: this.#normal.at(-1)!, alt: this.#alt.at(-1)! }
  }

  forget(): void {
    this.#normal = [0]
    this.#alt = [0]
  }

  get #stack(): number[] {
    const { active, alt } = this.#core.buffers
    return active === alt ? this.#alt : this.#normal
  }

  #push(flags: number): void {
    this.#stack.push(flags & ALL_KEYS)
    if (this.#stack.length > MOST_KEYS) this.#stack.shift()
  }

  #pop(count: number): void {
    this.#stack.splice(Math.max(0, this.#stack.length - count))
    if (this.#stack.length === 0) this.#stack.push(0)
  }

  /** 1 sets exactly these flags, 2 these too, 3 takes them away. */
  #set(flags: number, mode: number): void {
    const stack = this.#stack
    const now = stack.at(-1)!
    const next = mode === 1 ? flags : mode === 2 ? now | flags : mode === 3 ? now & ~flags : now
    stack[stack.length - 1] = next & ALL_KEYS
  }
}
