// A line of the emulator's buffer as stretches of cells that look alike.

import type { Attributes, BufferLine, Cell, Core } from "../xterm/internals.ts"
import { joins } from "../xterm/internals.ts"
import { isErased, sameLook } from "./attributes.ts"

/** `text` is null for cells without a character: erased ones, or ones nothing was ever written to. */
export type CellRun = { x: number; cells: number; text: string | null; look: Attributes }

/** Executed and ignored by terminals; ends a grapheme cluster, so that the next character does not join it. */
const BREAK = "\0"

export class LineReader {
  readonly #core: Core
  readonly #cell: Cell

  /** `cell` is scratch space, and must not be one that the emulator uses itself. */
  constructor(core: Core, cell: Cell) {
    this.#core = core
    this.#cell = cell
  }

  /** From the left; blank cells at the right end that look like nothing are left out. */
  stretches(line: BufferLine): CellRun[] {
    const found: CellRun[] = []
    let before = ""
    for (let x = 0; x < Math.min(line.length, this.#core.cols); ) {
      const cell = line.loadCell(x, this.#cell)
      const width = cell.getWidth() || 1
      const chars = cell.getChars()
      const text = chars === "" ? (isErased(cell) ? null : " ".repeat(width)) : this.#apart(before, chars)
      put(found, x, width, text, cell)
      before = chars
      x += this.#cutAtEdge(line, x, width) ? 1 : width
    }
    const last = found.at(-1)
    if (last?.text === null && last.look.bg === 0) found.pop()
    return found
  }

  /** Without wraparound a character at the right edge overwrites the second half of a wide one and leaves the first. */
  #cutAtEdge(line: BufferLine, x: number, width: number): boolean {
    const atEdge = width === 2 && x + width === this.#core.cols
    return atEdge && line.loadCell(x + 1, this.#cell).getWidth() !== 0
  }

  /** The cell that ends in front of column `x`. */
  before(line: BufferLine, x: number): { x: number; text: string; look: Attributes } {
    const wide = x > 1 && line.loadCell(x - 1, this.#cell).getWidth() === 0
    const at = wide ? x - 2 : x - 1
    const { fg, bg, extended } = line.loadCell(at, this.#cell)
    return { x: at, text: this.#cell.getChars(), look: { fg, bg, extended } }
  }

  /** What stands in a cell of its own must not join the character before it when both are written in one go. */
  #apart(before: string, chars: string): string {
    if (before === "" || (isPlain(before) && isPlain(chars))) return chars
    const { unicodeService } = this.#core
    let state = 0
    for (const char of before) state = unicodeService.charProperties(char.codePointAt(0)!, state)
    return joins(unicodeService.charProperties(chars.codePointAt(0)!, state)) ? BREAK + chars : chars
  }
}

const isPlain = (text: string): boolean => text.length === 1 && text < "\x7f"

function put(found: CellRun[], x: number, cells: number, text: string | null, cell: Cell): void {
  const last = found.at(-1)
  if (
    last &&
    last.x + last.cells === x &&
    (last.text === null) === (text === null) &&
    sameLook(last.look, cell)
  ) {
    last.cells += cells
    if (text !== null) last.text += text
  } else found.push({ x, cells, text, look: { fg: cell.fg, bg: cell.bg, extended: cell.extended } })
}
