// Filter for a pane's output: removes the end mark and reads the exit code from it.

import { endMark } from "./script.ts"

/** ESC and backslash, the end of the mark. */
const CLOSE = "\x1b\\"
/** Digits of an exit code, and the end of the mark. */
const LONGEST_REST = 3 + CLOSE.length

export class EndMark {
  #mark: Buffer
  #pending: Buffer = Buffer.alloc(0)

  constructor(nonce: string) {
    this.#mark = Buffer.from(endMark(nonce), "latin1")
  }

  /**
   * Returns the program's own bytes, and the exit code once the mark has arrived. Holds back bytes at the end
   * that may be the start of the mark; no terminal shows half a sequence anyway.
   */
  pass(bytes: Uint8Array): { own: Uint8Array; code: number | null } {
    const all =
      this.#pending.length > 0
        ? Buffer.concat([this.#pending, bytes])
        : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
    const at = all.indexOf(this.#mark)
    if (at < 0) return this.#hold(all, all.length - this.#startedIn(all))
    const rest = all.subarray(at + this.#mark.length).toString("latin1")
    const end = rest.indexOf(CLOSE)
    if (end < 0 && rest.length <= LONGEST_REST) return this.#hold(all, at)
    this.#pending = Buffer.alloc(0)
    return { own: all.subarray(0, at), code: Number(rest.slice(0, Math.max(0, end))) }
  }

  /** Returns the bytes held back for a mark that did not arrive. */
  rest(): Uint8Array {
    const pending = this.#pending
    this.#pending = Buffer.alloc(0)
    return pending
  }

  #hold(all: Buffer, from: number): { own: Uint8Array; code: null } {
    this.#pending = Buffer.from(all.subarray(from))
    return { own: all.subarray(0, from), code: null }
  }

  /** Returns how many bytes at the end may be the start of the mark. */
  #startedIn(all: Buffer): number {
    for (let n = Math.min(this.#mark.length - 1, all.length); n > 0; n--)
      if (all.subarray(all.length - n).equals(this.#mark.subarray(0, n))) return n
    return 0
  }
}
