// A line of the emulator's buffer as runs of cells with equal attributes.

import type { Attributes, BufferLine, Cell, Core } from "../xterm/internals.ts"
import { joins } from "../xterm/internals.ts"
import { isErased, sameAttributes } from "./attributes.ts"

/** `text` is null for cells without a character: erased or never written. */
export type CellRun = { x: number; cells: number; text: string | null; attributes: Attributes }

/** Terminals ignore it, but it ends a grapheme cluster, so that the next character does not join. */
const CLUSTER_BREAK = "\0"

export class LineReader {
  readonly #core: Core
  readonly #cell: Cell

  /** `cell` is scratch space; it must not be a cell that the emulator uses itself. */
  constructor(core: Core, cell: Cell) {
    this.#core = core
    this.#cell = cell
  }

  /** Returns the runs from the left, without plain blank cells at the right end. */
  runs(line: BufferLine): CellRun[] {
    const runs: CellRun[] = []
    let before = ""
    for (let x = 0; x < Math.min(line.length, this.#core.cols); ) {
      const cell = line.loadCell(x, this.#cell)
      const width = cell.getWidth() || 1
      const chars = cell.getChars()
      const text = chars === "" ? (isErased(cell) ? null : " ".repeat(width)) : this.#separate(before, chars)
      append(runs, x, width, text, cell)
      before = chars
      x += this.#cutAtEdge(line, x, width) ? 1 : width
    }
    const last = runs.at(-1)
    if (last?.text === null && last.attributes.bg === 0) runs.pop()
    return runs
  }

  /** Without wraparound, a character at the right edge overwrites only the second half of a wide one. */
  #cutAtEdge(line: BufferLine, x: number, width: number): boolean {
    const atEdge = width === 2 && x + width === this.#core.cols
    return atEdge && line.loadCell(x + 1, this.#cell).getWidth() !== 0
  }

  /** Returns the cell that ends before column `x`. */
  before(line: BufferLine, x: number): { x: number; text: string; attributes: Attributes } {
    const wide = x > 1 && line.loadCell(x - 1, this.#cell).getWidth() === 0
    const at = wide ? x - 2 : x - 1
    const { fg, bg, extended } = line.loadCell(at, this.#cell)
    return { x: at, text: this.#cell.getChars(), attributes: { fg, bg, extended } }
  }

  /** Keeps characters of separate cells from joining when they are written in one go. */
  #separate(before: string, chars: string): string {
    if (before === "" || (isPlain(before) && isPlain(chars))) return chars
    const { unicodeService } = this.#core
    let state = 0
    for (const char of before) state = unicodeService.charProperties(char.codePointAt(0)!, state)
    return joins(unicodeService.charProperties(chars.codePointAt(0)!, state)) ? CLUSTER_BREAK + chars : chars
  }
}

const isPlain = (text: string): boolean => text.length === 1 && text < "\x7f"

function append(runs: CellRun[], x: number, cells: number, text: string | null, cell: Cell): void {
  const last = runs.at(-1)
  if (
    last &&
    last.x + last.cells === x &&
    (last.text === null) === (text === null) &&
    sameAttributes(last.attributes, cell)
  ) {
    last.cells += cells
    if (text !== null) last.text += text
  } else runs.push({ x, cells, text, attributes: { fg: cell.fg, bg: cell.bg, extended: cell.extended } })
}
