// A session's screen on a terminal that had something else on it: what was there moves up, out of the way.

import type { Size } from "../../core/session/backend.ts"
import { MODES_OFF } from "./terminal.ts"

/** What a snapshot begins with: the full reset takes the terminal's scrollback with it, which is the caller's. */
const FULL_RESET = "\x1bc"
const HOME_AND_CLEAR = "\x1b[H\x1b[2J"
/** To the last row: where a full-screen program had the cursor means nothing to a shell. */
export const BOTTOM = "\x1b[?1047l\x1b[999;1H"

/** Pushes the caller's own lines into the scrollback. */
export const freshPage = ({ rows }: Size): string => `\x1b[999;1H${"\n".repeat(rows)}\x1b[H`

/** The snapshot, without the reset that would also forget what is the caller's. */
export const drawing = (snapshot: string): string =>
  snapshot.replace(FULL_RESET, `${MODES_OFF}\x1b[!p${HOME_AND_CLEAR}`)

/** Is the alternate screen on? Told from the bytes that pass, in whatever pieces. */
export class AltScreen {
  #rest = ""
  on = false

  reset(): void {
    this.on = false
    this.#rest = ""
  }

  note(data: Uint8Array): void {
    const text = this.#rest + Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString("latin1")
    for (const [, how] of text.matchAll(/\x1b\[\?(?:1049|1047|47)([hl])/g)) this.on = how === "h"
    this.#rest = text.slice(-7)
  }
}
