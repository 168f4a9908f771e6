// An emulator's state as comparable text: every cell, the cursor, the modes and the saved state.

import { UnicodeGraphemesAddon } from "@xterm/addon-unicode-graphemes"
import type { Terminal as XtermTerminal } from "@xterm/headless"
import type { Size } from "../../src/core/session/backend.ts"
import { SCROLLBACK } from "../../src/screen/xterm/engine.ts"
import { Terminal } from "../../src/screen/xterm/headless.ts"
import { type Attributes, type Buffer, coreOf, scratchCell } from "../../src/screen/xterm/internals.ts"
import { boundCounts } from "../../src/screen/xterm/parser-hooks.ts"

/** Opens a terminal like a viewer's. */
export function viewer({ cols, rows }: Size): XtermTerminal {
  const terminal = new Terminal({
    cols,
    rows,
    scrollback: SCROLLBACK,
    allowProposedApi: true,
    logLevel: "off",
  })
  terminal.loadAddon(new UnicodeGraphemesAddon())
  boundCounts(coreOf(terminal))
  return terminal
}

/** Writes directly to the parser, because xterm's queue stops for good if a handler throws. */
export function feed(terminal: XtermTerminal, data: string | Uint8Array): void {
  const bytes = typeof data === "string" ? new TextEncoder().encode(data) : data
  coreOf(terminal)._inputHandler.parse(bytes)
}

/** Treats a cell without a character, and half of a wide one without its other half, as a space. */
function cells(terminal: XtermTerminal, { lines }: Buffer): string[] {
  const cell = scratchCell(terminal)
  const rows: string[] = []
  for (let y = 0; y < lines.length; y++) {
    const line = lines.get(y)!
    let row = line.isWrapped && y > 0 ? "wrapped" : ""
    for (let x = 0; x < terminal.cols; x++) {
      line.loadCell(x, cell)
      const half = cell.getWidth() === 0 && row.includes("|2", row.lastIndexOf("|"))
      row += `|${half ? 0 : cell.getWidth() || 1}${cell.getChars() || " "}${attributes(cell)}`
    }
    rows.push(row)
  }
  return rows
}

/** Ignores meaningless bits: the rest of a colour under a palette number, an extension without content. */
function attributes(cell: Attributes): string {
  const words = `${meant(cell.fg & ~UNDERLINE)} ${meant(cell.bg & ~EXTENDED)} ${underlineOf(cell)}`.trim()
  return words === "0 0" ? "" : `{${words}}`
}

const UNDERLINE = 1 << 28
const EXTENDED = 1 << 28

/** A link's underline hides the program's own style. */
function underlineOf({ fg, bg, extended }: Attributes): string {
  if (!(fg & UNDERLINE)) return ""
  if (!(bg & EXTENDED)) return "1 0"
  const style = extended.urlId ? 1 : extended.underlineStyle
  return style === 0 ? "" : `${style} ${meant(extended.underlineColor)}`
}

function meant(packed: number): number {
  const mode = packed & 0x3000000
  if (mode === 0x3000000) return packed >>> 0
  return (packed & (mode === 0 ? 0xff000000 : 0xff0000ff)) >>> 0
}

export type State = Record<string, unknown>
/** Returns the first part in which two states differ. */
export type Difference = string

/** Everything that a program or a person can observe. */
export function stateOf(terminal: XtermTerminal): State {
  const core = coreOf(terminal)
  const { active, normal, alt } = core.buffers
  const { decPrivateModes: dec } = core.coreService
  const { cursorBlink, synchronizedOutput, ...modes } = dec as typeof dec & { synchronizedOutput: boolean }
  return {
    grid: cells(terminal, active),
    normal: active === alt ? cells(terminal, normal) : [],
    cursor: { x: active.x, y: active.y, hidden: core.coreService.isCursorHidden },
    pen: attributes(core._inputHandler.getAttrData()),
    region: [active.scrollTop, active.scrollBottom],
    tabs: Object.keys(active.tabs).filter(x => active.tabs[Number(x)] && Number(x) < core.cols),
    saved: [Math.min(active.savedX, core.cols - 1), Math.max(active.savedY - active.ybase, 0)],
    alt: active === alt,
    insert: core.coreService.modes.insertMode,
    newline: core.options.convertEol,
    modes: { ...modes, cursorBlink: dec.cursorStyle && cursorBlink },
    mouse: [core.coreMouseService.activeProtocol, core.coreMouseService.activeEncoding],
    level: core._charsetService.glevel,
  }
}

/** Returns the parts in which two states differ. */
export function differences(a: State, b: State): Difference[] {
  return Object.keys(a).filter(key => JSON.stringify(a[key]) !== JSON.stringify(b[key]))
}
