// The caller's screen: keeps its earlier contents in the scrollback while a session is shown.

import type { Size } from "../../core/session/backend.ts"
import { MODES_OFF } from "./terminal.ts"

/** Start of every snapshot. A full reset would also erase the caller's scrollback. */
const FULL_RESET = "\x1bc"
const HOME_AND_CLEAR = "\x1b[H\x1b[2J"
/** Leaves the alternate screen and moves the cursor to the last row, for the shell's prompt. */
export const BOTTOM = "\x1b[?1047l\x1b[999;1H"

/** Scrolls the caller's lines into the scrollback. */
export const freshPage = ({ rows }: Size): string => `\x1b[999;1H${"\n".repeat(rows)}\x1b[H`

/** The snapshot without the full reset. */
export const drawing = (snapshot: string): string =>
  snapshot.replace(FULL_RESET, `${MODES_OFF}\x1b[!p${HOME_AND_CLEAR}`)

/** Tracks whether the alternate screen is on, from output in pieces of any size. */
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
