// Finds, in a pane's output, where the program's own ends and with which code; what stands for that is taken out.

import { endMark } from "./script.ts"

/** ESC and backslash, which close the mark. */
const CLOSE = "\x1b\\"
/** Digits of an exit code, and what closes the mark. */
const LONGEST_REST = 3 + CLOSE.length

export class EndMark {
  #mark: Buffer
  #held: Buffer = Buffer.alloc(0)

  constructor(nonce: string) {
    this.#mark = Buffer.from(endMark(nonce), "latin1")
  }

  /**
   * The program's own bytes, and the code once the mark is there. A beginning of the mark at the end of `bytes` waits for what
   * follows: no terminal shows anything for half a sequence.
   */
  pass(bytes: Uint8Array): { own: Uint8Array; code: number | null } {
    const all =
      this.#held.length > 0
        ? Buffer.concat([this.#held, bytes])
        : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
    const at = all.indexOf(this.#mark)
    if (at < 0) return this.#hold(all, all.length - this.#begun(all))
    const rest = all.subarray(at + this.#mark.length).toString("latin1")
    const end = rest.indexOf(CLOSE)
    if (end < 0 && rest.length <= LONGEST_REST) return this.#hold(all, at)
    this.#held = Buffer.alloc(0)
    return { own: all.subarray(0, at), code: Number(rest.slice(0, Math.max(0, end))) }
  }

  /** What waited for a mark that never came. */
  rest(): Uint8Array {
    const held = this.#held
    this.#held = Buffer.alloc(0)
    return held
  }

  #hold(all: Buffer, from: number): { own: Uint8Array; code: null } {
    this.#held = Buffer.from(all.subarray(from))
    return { own: all.subarray(0, from), code: null }
  }

  /** How many bytes at the end could be the mark's beginning. */
  #begun(all: Buffer): number {
    for (let n = Math.min(this.#mark.length - 1, all.length); n > 0; n--)
      if (all.subarray(all.length - n).equals(this.#mark.subarray(0, n))) return n
    return 0
  }
}
