// Replayed output must not make a terminal answer: queries in it are blanked out, byte for byte, so that offsets stay true.

import { eachEscape, onlyLive } from "../../core/lib/escapes.ts"
import { copyOf } from "../../core/lib/memory.ts"

/** A start of a sequence longer than this is let through; no query is so long. */
const LONGEST_HELD = 4096

/** Bytes go in as they come from the log and come out with queries as NUL, which terminals ignore. */
export class QueryBlanker {
  #held = new Uint8Array(0)

  /** What may be sent now; the start of an unfinished sequence is held until it is complete or `last`. */
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
