// Draws a buffer's lines as a VT sequence onto an empty screen, so that wrapped lines come out wrapped again.

import { nextTurn, turnOver } from "../../core/lib/turns.ts"
import type { Attributes, Buffer, BufferLine, Core } from "../xterm/internals.ts"
import { isProtected, linkOf, sgr } from "./attributes.ts"
import type { CellRun, LineReader } from "./cells.ts"

const PLAIN = "\x1b[m"
/** Without wraparound, so that it lands on the last column once more. */
const overEdge = (vt: string): string => `\x1b[?7l${vt}\x1b[?7h`
const column = (x: number): string => `\x1b[${x + 1}G`

export class Painter {
  readonly #core: Core
  readonly #reader: LineReader

  constructor(core: Core, reader: LineReader) {
    this.#core = core
    this.#reader = reader
  }

  /** All lines of `buffer` from the top of its scrollback. The cursor must stand in the upper left corner of an empty screen. */
  async buffer({ lines }: Buffer): Promise<string> {
    let vt = ""
    for (let y = 0; y < lines.length; y++) {
      if (turnOver()) await nextTurn()
      const line = lines.get(y)!
      vt += this.line(line)
      if (y + 1 === lines.length) break
      vt += lines.get(y + 1)!.isWrapped ? this.#wrap(line) : "\r\n"
    }
    return vt
  }

  /** One line onto an empty row. The cursor must stand at its start, and everything is plain again behind it. */
  line(line: BufferLine): string {
    let vt = ""
    let x = 0
    for (const stretch of this.#reader.stretches(line)) {
      if (stretch.x < x) vt += overEdge(this.text({ text: stretch.text ?? " ", look: stretch.look }))
      else if (stretch.text === null && stretch.look.bg === 0) continue
      else vt += (stretch.x > x ? column(stretch.x) : "") + this.#stretch(stretch)
      x = stretch.x + (stretch.text === null ? 0 : stretch.cells)
    }
    return vt === "" ? "" : vt + PLAIN
  }

  #stretch({ text, cells, look }: CellRun): string {
    return text === null ? `${sgr(look)}\x1b[${cells}X` : this.text({ text, look })
  }

  /** Text in its look, with its link. */
  text({ text, look }: { text: string; look: Attributes }): string {
    const [open, close] = this.link(linkOf(look))
    const guarded = isProtected(look) ? `\x1b[1"q${text}\x1b["q` : text
    return open + sgr(look) + guarded + close
  }

  /** What opens and closes a hyperlink (OSC 8) around text. */
  link(id: number): [open: string, close: string] {
    const data = id === 0 ? undefined : this.#core._oscLinkService.getLinkData(id)
    if (!data) return ["", ""]
    return [`\x1b]8;${data.id === undefined ? "" : `id=${data.id}`};${data.uri}\x1b\\`, "\x1b]8;;\x1b\\"]
  }

  /**
   * On to the next row as by a text that ran over the edge: only printing past it marks the row as a continuation. What had
   * to be printed for that is erased again.
   */
  #wrap(line: BufferLine): string {
    const last = this.#core.cols - 1
    const over = " \r\x1b[X"
    const end = this.#reader.stretches(line).at(-1)
    const full = end && end.text !== null && end.x + end.cells > last
    if (full) return over
    const erased = end && end.x + end.cells > last ? sgr(end.look) : PLAIN
    if (this.#core.rows < 2) return `${column(last)} ${over}`
    return `${column(last)} ${over}\x1b[A${column(last)}${erased}\x1b[X${PLAIN}\x1b[B\r`
  }
}
