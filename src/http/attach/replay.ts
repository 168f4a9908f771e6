// Blanking of terminal queries in replayed output: no terminal may answer them, and offsets must not change.

import { eachEscape, onlyLive } from "../../core/lib/escapes.ts"
import { copyOf } from "../../core/lib/memory.ts"

/** Longest unfinished sequence that is held back, in bytes; no query is longer. */
const LONGEST_HELD = 4096

/** Replaces queries with NUL bytes, which terminals ignore. */
export class QueryBlanker {
  #held = new Uint8Array(0)

  /** Returns the bytes to send now. Holds back an unfinished sequence until it is complete, or `last`. */
  pass(bytes: Uint8Array, last: boolean): Uint8Array {
    const all = this.#held.length === 0 ? bytes : Buffer.concat([this.#held, bytes])
    let copy: Uint8Array | null = null
    const used = eachEscape(all, (start, end) => {
      if (!onlyLive(all, start, end)) return
      copy ??= copyOf(all)
      copy.fill(0, start, end)
    })
    const cut = last || all.length - used > LONGEST_HELD ? all.length : used
    this.#held = copyOf(all.subarray(cut))
    return (copy ?? all).subarray(0, cut)
  }
}
