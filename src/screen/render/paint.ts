// Draws a buffer's lines as a VT sequence for an empty screen; wrapped lines come out wrapped again.

import { nextTurn, turnOver } from "../../core/lib/turns.ts"
import type { Attributes, Buffer, BufferLine, Core } from "../xterm/internals.ts"
import { isProtected, linkOf, sgr } from "./attributes.ts"
import type { CellRun, LineReader } from "./cells.ts"

const PLAIN = "\x1b[m"
/** Without wraparound, so that it overwrites the last column. */
const atLastColumn = (vt: string): string => `\x1b[?7l${vt}\x1b[?7h`
const column = (x: number): string => `\x1b[${x + 1}G`

export class Painter {
  readonly #core: Core
  readonly #reader: LineReader

  constructor(core: Core, reader: LineReader) {
    this.#core = core
    this.#reader = reader
  }

  /** Draws all lines, scrollback first. Requires an empty screen and the cursor at its top left. */
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

  /** Draws one line. Requires an empty row with the cursor at its start; resets the attributes at the end. */
  line(line: BufferLine): string {
    let vt = ""
    let x = 0
    for (const run of this.#reader.runs(line)) {
      if (run.x < x) vt += atLastColumn(this.text({ text: run.text ?? " ", attributes: run.attributes }))
      else if (run.text === null && run.attributes.bg === 0) continue
      else vt += (run.x > x ? column(run.x) : "") + this.#run(run)
      x = run.x + (run.text === null ? 0 : run.cells)
    }
    return vt === "" ? "" : vt + PLAIN
  }

  #run({ text, cells, attributes }: CellRun): string {
    return text === null ? `${sgr(attributes)}\x1b[${cells}X` : this.text({ text, attributes })
  }

  /** Returns text with its attributes and link. */
  text({ text, attributes }: { text: string; attributes: Attributes }): string {
    const [open, close] = this.link(linkOf(attributes))
    const printed = isProtected(attributes) ? `\x1b[1"q${text}\x1b["q` : text
    return open + sgr(attributes) + printed + close
  }

  /** Returns the sequences that open and close a hyperlink (OSC 8). */
  link(id: number): [open: string, close: string] {
    const data = id === 0 ? undefined : this.#core._oscLinkService.getLinkData(id)
    if (!data) return ["", ""]
    return [`\x1b]8;${data.id === undefined ? "" : `id=${data.id}`};${data.uri}\x1b\\`, "\x1b]8;;\x1b\\"]
  }

  /** Moves to the next row by printing past the edge, which marks it as wrapped, and erases the print. */
  #wrap(line: BufferLine): string {
    const last = this.#core.cols - 1
    const over = " \r\x1b[X"
    const end = this.#reader.runs(line).at(-1)
    const full = end && end.text !== null && end.x + end.cells > last
    if (full) return over
    const erased = end && end.x + end.cells > last ? sgr(end.attributes) : PLAIN
    if (this.#core.rows < 2) return `${column(last)} ${over}`
    return `${column(last)} ${over}\x1b[A${column(last)}${erased}\x1b[X${PLAIN}\x1b[B\r`
  }
}
