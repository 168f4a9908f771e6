// Screen engine on headless xterm.js, with the page's Unicode rules, so that both draw the same.

import { UnicodeGraphemesAddon } from "@xterm/addon-unicode-graphemes"
import type { Terminal as XtermTerminal } from "@xterm/headless"
import { wholeCharacters } from "../../core/lib/text.ts"
import { nextTurn, turnOver } from "../../core/lib/turns.ts"
import type { Size } from "../../core/session/backend.ts"
import type { Modes, Mouse, OpenEngine, ScreenEngine, ScreenRow, ScreenView, TextRun } from "../engine.ts"
import { GroundFinder } from "../ground.ts"
import { styleOf } from "../render/attributes.ts"
import { LineReader } from "../render/cells.ts"
import { Painter } from "../render/paint.ts"
import { SnapshotWriter } from "../render/snapshot.ts"
import { charsetNames } from "./charsets.ts"
import { Terminal } from "./headless.ts"
import { type Buffer, type BufferLine, type Core, coreOf, dropScrollback, scratchCell } from "./internals.ts"
import { boundCounts, ParserHooks } from "./parser-hooks.ts"

/** Lines above the screen; 1,000 of 120 columns take 1.5 MB. */
export const SCROLLBACK = 1000
/** Bytes parsed between two clock checks: 0.2 ms of work. */
const PIECE = 4096

export class XtermEngine implements ScreenEngine {
  readonly #terminal: XtermTerminal
  readonly #core: Core
  readonly #hooks: ParserHooks
  readonly #reader: LineReader
  readonly #painter: Painter
  readonly #writer: SnapshotWriter

  static readonly open: OpenEngine = async (size, scrollback = SCROLLBACK) =>
    new XtermEngine(size, scrollback, await charsetNames())

  private constructor(
    { cols, rows }: Size,
    scrollback: number,
    charsets: Awaited<ReturnType<typeof charsetNames>>,
  ) {
    this.#terminal = new Terminal({
      cols,
      rows,
      scrollback,
      allowProposedApi: true,
      logLevel: "off",
    })
    this.#terminal.loadAddon(new UnicodeGraphemesAddon())
    this.#core = coreOf(this.#terminal)
    boundCounts(this.#core)
    this.#hooks = new ParserHooks(this.#terminal, this.#core)
    this.#reader = new LineReader(this.#core, scratchCell(this.#terminal))
    this.#painter = new Painter(this.#core, this.#reader)
    this.#writer = new SnapshotWriter(this.#core, this.#reader, charsets)
  }

  groundFinder(): GroundFinder {
    return new GroundFinder(this.#core._inputHandler._parser._transitions.table)
  }

  get ground(): boolean {
    return this.#core._inputHandler._parser.currentState === 0
  }

  async write(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length; ) {
      if (turnOver()) await nextTurn()
      const end = at + pieceLength(bytes.subarray(at))
      this.#parse(bytes.subarray(at, end))
      at = end
    }
  }

  /** Bypasses xterm's write queue, which would stop for good if one of its handlers threw. */
  #parse(bytes: Uint8Array): void {
    const { _inputHandler: handler } = this.#core
    try {
      handler.parse(bytes)
    } catch {
      handler._parser.reset()
    }
  }

  resize({ cols, rows }: Size): void {
    this.#terminal.resize(cols, rows)
  }

  snapshot(): Promise<string> {
    return this.#writer.write(this.#hooks.extra)
  }

  view(): ScreenView {
    const { buffers, coreService, cols, rows } = this.#core
    const { x, y } = buffers.active
    return {
      size: { cols, rows },
      rows: this.#lines().map(line => this.#runs(line)),
      cursor: { x: Math.min(x, cols - 1), y, visible: !coreService.isCursorHidden },
      alt: buffers.active === buffers.alt,
      title: this.#hooks.title,
      modes: this.#modes(),
    }
  }

  coloured(): string[] {
    return this.#lines().map(line => this.#painter.line(line))
  }

  takeScrolled(least: number): ScreenRow[] {
    const { normal } = this.#core.buffers
    if (normal.ybase < Math.max(least, 1)) return []
    const rows = this.#rows(normal, normal.ybase)
    dropScrollback(normal)
    return rows
  }

  takeRest(): ScreenRow[] {
    const { normal, alt, active } = this.#core.buffers
    const rows = trimBlankRows(this.#rows(normal, normal.lines.length))
    return active === alt ? [...rows, ...trimBlankRows(this.#rows(alt, alt.lines.length))] : rows
  }

  dispose(): void {
    this.#terminal.dispose()
  }

  #rows({ lines }: Buffer, count: number): ScreenRow[] {
    const all = Array.from({ length: count }, (_, y) => lines.get(y)!)
    return all.map(line => ({ runs: this.#runs(line), wrapped: line.isWrapped }))
  }

  #lines(): BufferLine[] {
    const { lines, ybase } = this.#core.buffers.active
    return Array.from({ length: this.#core.rows }, (_, y) => lines.get(ybase + y)!)
  }

  #runs(line: BufferLine): TextRun[] {
    return this.#reader.runs(line).map(({ text, cells, attributes }) => ({
      text: text?.replaceAll("\0", "") ?? " ".repeat(cells),
      cells,
      style: styleOf(attributes),
    }))
  }

  #modes(): Modes {
    const { coreService, coreMouseService } = this.#core
    const dec = coreService.decPrivateModes
    const encoding = coreMouseService.activeEncoding.toLowerCase().replace("_", "-")
    return {
      application_cursor: dec.applicationCursorKeys,
      application_keypad: dec.applicationKeypad,
      bracketed_paste: dec.bracketedPasteMode,
      insert: coreService.modes.insertMode,
      origin: dec.origin,
      wraparound: dec.wraparound,
      focus_events: dec.sendFocus,
      mouse: coreMouseService.activeProtocol.toLowerCase() as Mouse,
      mouse_encoding: encoding as Modes["mouse_encoding"],
    }
  }
}

/** Pieces end between characters: the emulator's decoder loses some that are split after a byte 0x80. */
const pieceLength = (bytes: Uint8Array): number => Math.max(wholeCharacters(bytes.subarray(0, PIECE)), 1)

const trimBlankRows = (rows: ScreenRow[]): ScreenRow[] =>
  rows.slice(0, rows.findLastIndex(row => row.runs.length > 0) + 1)
