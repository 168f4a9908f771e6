// The state of a terminal as one VT sequence: a reset, both buffers and every mode, set or reset explicitly.

import type { Attributes, Buffer, Charset, Core } from "../xterm/internals.ts"
import { isProtected, linkOf, sameAttributes, sgr, underlineColour } from "./attributes.ts"
import type { LineReader } from "./cells.ts"
import { Painter } from "./paint.ts"

/** State that the emulator does not expose and the parser hooks record. */
export type ExtraState = {
  title: string
  blink: boolean | null
  colours: string[]
  /** As reported by OSC 7; empty if not reported. */
  cwd: string
  /** Flags of the kitty keyboard protocol on each screen. */
  keyFlags: { normal: number; alt: number }
}

/** CAN cancels an incomplete sequence. Not every terminal's reset includes LNM and synchronised output. */
const RESET = "\x18\x1bc\x1b[20l\x1b[?2026l"
const TAB = 8

export class SnapshotWriter {
  readonly #core: Core
  readonly #painter: Painter
  readonly #reader: LineReader
  readonly #charsets: Map<Charset, string>

  constructor(core: Core, reader: LineReader, charsets: Map<Charset, string>) {
    this.#core = core
    this.#reader = reader
    this.#painter = new Painter(core, reader)
    this.#charsets = charsets
  }

  async write(extra: ExtraState): Promise<string> {
    const { normal, alt, active } = this.#core.buffers
    const normalScreen = (await this.#painter.buffer(normal)) + this.#bufferState(normal)
    const altScreen =
      active === alt
        ? `\x1b[H\x1b[?1047h${await this.#painter.buffer(alt)}${this.#bufferState(alt)}`
        : `\x1b[?1047h${this.#savedCursor(alt)}\x1b[?1047l`
    const start = RESET + setKeyFlags(extra.keyFlags.normal) + extra.colours.join("")
    const altKeys = active === alt ? setKeyFlags(extra.keyFlags.alt) : ""
    return start + normalScreen + altScreen + altKeys + this.#modes(extra) + this.#cursor(active)
  }

  /** Returns a buffer's state apart from its cells: saved cursor, tab stops, scroll region. */
  #bufferState(buffer: Buffer): string {
    const { scrollTop, scrollBottom } = buffer
    return `${this.#savedCursor(buffer)}${this.#tabs(buffer)}\x1b[${scrollTop + 1};${scrollBottom + 1}r\x1b[H`
  }

  #savedCursor({ savedX, savedY, ybase, savedCurAttrData, savedCharset }: Buffer): string {
    const [x, y] = [Math.min(savedX, this.#core.cols - 1), Math.max(savedY - ybase, 0)]
    const charset = this.#designate("(", savedCharset)
    return `\x1b[${y + 1};${x + 1}H${charset}${pen(savedCurAttrData)}\x1b7\x1b(B\x1b["q\x1b[m`
  }

  #tabs({ tabs }: Buffer): string {
    const columns = Array.from({ length: this.#core.cols }, (_, x) => x)
    if (columns.every(x => (tabs[x] ?? false) === (x % TAB === 0))) return ""
    const stops = columns.filter(x => tabs[x]).map(x => `\x1b[${x + 1}G\x1bH`)
    return `\x1b[3g${stops.join("")}`
  }

  #designate(slot: string, charset: Charset): string {
    return `\x1b${slot}${this.#charsets.get(charset) ?? "B"}`
  }

  /** A restored cursor restores its character set, until another one is designated or shifted to. */
  #charsetState(): string {
    const { _charsets, charset, glevel } = this.#core._charsetService
    const designations = ["(", ")", "*", "+"].map((slot, g) => this.#designate(slot, _charsets[g]))
    const restored = charset === _charsets[glevel] ? "" : "\x1b8"
    return designations.join("") + (["\x0f", "\x0e", "\x1bn", "\x1bo"][glevel] ?? "\x0f") + restored
  }

  #modes({ title, blink, cwd }: ExtraState): string {
    const { coreService, coreMouseService, options } = this.#core
    const dec = coreService.decPrivateModes
    const mouse = MOUSE[coreMouseService.activeProtocol]
    const encoding = ENCODING[coreMouseService.activeEncoding]
    return [
      mode(1, dec.applicationCursorKeys),
      mode(7, dec.wraparound),
      mode(25, !coreService.isCursorHidden),
      mode(45, dec.reverseWraparound),
      mode(1004, dec.sendFocus),
      mode(2004, dec.bracketedPasteMode),
      blink === null ? "" : mode(12, blink),
      dec.applicationKeypad ? "\x1b=" : "\x1b>",
      "\x1b[?9l\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1006l\x1b[?1016l",
      mouse ? mode(mouse, true) : "",
      encoding ? mode(encoding, true) : "",
      options.convertEol ? "\x1b[20h" : "",
      cursorStyle(dec.cursorStyle, dec.cursorBlink),
      `\x1b]2;${title}\x1b\\`,
      cwd === "" ? "" : `\x1b]7;${cwd}\x1b\\`,
    ].join("")
  }

  /** Comes last, so that nothing moves the cursor: origin mode, cursor, pen, character set, insert mode. */
  #cursor(buffer: Buffer): string {
    const { decPrivateModes, modes } = this.#core.coreService
    const row = decPrivateModes.origin ? Math.max(buffer.y - buffer.scrollTop, 0) : buffer.y
    const at = (column: number) => `\x1b[${row + 1};${column + 1}H`
    const attributes = this.#core._inputHandler.getAttrData()
    const current = this.#painter.link(linkOf(attributes))[0] + pen(attributes)
    const origin = mode(6, decPrivateModes.origin)
    const insert = modes.insertMode ? "\x1b[4h" : ""
    const charsets = this.#charsetState()
    const last = this.#lastCharacter(buffer)
    if (!last) return charsets + origin + insert + current + at(buffer.x)
    // a character that can be joined was printed with this pen and character set; one at the edge perhaps was
    // not
    if (last.open && sameAttributes(last.attributes, attributes))
      return charsets + origin + current + at(last.x) + last.text + insert
    const [before, after] = charsets.endsWith("\x1b8") ? [charsets, ""] : ["", charsets]
    return before + origin + at(last.x) + this.#painter.text(last) + after + current + insert
  }

  /**
   * Returns the character before the cursor if only printing it again restores the state: the cursor waits
   * past the last column, or the next character may join or repeat it.
   */
  #lastCharacter({ x, y, ybase, lines }: Buffer): LastCharacter | null {
    const waitsAtEdge = x >= this.#core.cols
    const open = this.#core._inputHandler._parser.precedingJoinState !== 0
    if (x === 0 || !(waitsAtEdge || open)) return null
    const cell = this.#reader.before(lines.get(ybase + y)!, Math.min(x, this.#core.cols))
    return cell.text === "" && !waitsAtEdge ? null : { ...cell, text: cell.text || " ", open }
  }
}

/** `open`: the next character may join or repeat it. */
type LastCharacter = { x: number; text: string; attributes: Attributes; open: boolean }

const MOUSE: Record<string, number | undefined> = { X10: 9, VT200: 1000, DRAG: 1002, ANY: 1003 }
const ENCODING: Record<string, number | undefined> = { SGR: 1006, SGR_PIXELS: 1016 }
const CURSOR_STYLES = { block: 1, underline: 3, bar: 5 }

/** A reset clears all flags; a terminal without the protocol ignores this. */
const setKeyFlags = (flags: number): string => (flags === 0 ? "" : `\x1b[=${flags};1u`)
const mode = (number: number, on: boolean): string => `\x1b[?${number}${on ? "h" : "l"}`
const pen = (attributes: Attributes): string =>
  `${isProtected(attributes) ? '\x1b[1"q' : ""}${sgr(attributes)}${underlineColour(attributes)}`

/** DECSCUSR: odd numbers blink; 0 is the terminal's default. */
function cursorStyle(style: keyof typeof CURSOR_STYLES | undefined, blink: boolean | undefined): string {
  return `\x1b[${style === undefined ? 0 : CURSOR_STYLES[style] + (blink ? 0 : 1)} q`
}
