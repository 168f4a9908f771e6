// The whole state of a terminal as one VT sequence: it starts from a reset, draws both buffers, and says every mode both ways.

import type { Attributes, Buffer, Charset, Core } from "../xterm/internals.ts"
import { isProtected, linkOf, sameLook, sgr, underlineColour } from "./attributes.ts"
import type { LineReader } from "./cells.ts"
import { Painter } from "./paint.ts"

/** What the emulator does not keep and the engine noted down: the title, palette changes, a request for a blinking cursor. */
export type Noted = {
  title: string
  blink: boolean | null
  colours: string[]
  /** As OSC 7 had it; empty for none. */
  cwd: string
  /** Flags of the kitty keyboard protocol on each screen. */
  keys: { normal: number; alt: number }
}

/** CAN ends what is open; then a full reset. LNM and synchronised output are not part of every terminal's reset. */
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

  async write(noted: Noted): Promise<string> {
    const { normal, alt, active } = this.#core.buffers
    const behind = (await this.#painter.buffer(normal)) + this.#kept(normal)
    const front =
      active === alt
        ? `\x1b[H\x1b[?1047h${await this.#painter.buffer(alt)}${this.#kept(alt)}`
        : `\x1b[?1047h${this.#saved(alt)}\x1b[?1047l`
    const begin = RESET + keys(noted.keys.normal) + noted.colours.join("")
    const inFront = active === alt ? keys(noted.keys.alt) : ""
    return begin + behind + front + inFront + this.#modes(noted) + this.#cursor(active)
  }

  /** What a buffer remembers besides its cells: the saved cursor, tab stops, the scroll region. */
  #kept(buffer: Buffer): string {
    const { scrollTop, scrollBottom } = buffer
    return `${this.#saved(buffer)}${this.#tabs(buffer)}\x1b[${scrollTop + 1};${scrollBottom + 1}r\x1b[H`
  }

  #saved({ savedX, savedY, ybase, savedCurAttrData, savedCharset }: Buffer): string {
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

  /** A cursor that was restored brought its character set along, until one is designated or shifted to. */
  #charsetState(): string {
    const { _charsets, charset, glevel } = this.#core._charsetService
    const designations = ["(", ")", "*", "+"].map((slot, g) => this.#designate(slot, _charsets[g]))
    const restored = charset === _charsets[glevel] ? "" : "\x1b8"
    return designations.join("") + (["\x0f", "\x0e", "\x1bn", "\x1bo"][glevel] ?? "\x0f") + restored
  }

  #modes({ title, blink, cwd }: Noted): string {
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

  /** Last, as nothing may move it again: origin mode, the cursor, the pen, the character set, insert mode. */
  #cursor(buffer: Buffer): string {
    const { decPrivateModes, modes } = this.#core.coreService
    const row = decPrivateModes.origin ? Math.max(buffer.y - buffer.scrollTop, 0) : buffer.y
    const at = (column: number) => `\x1b[${row + 1};${column + 1}H`
    const look = this.#core._inputHandler.getAttrData()
    const current = this.#painter.link(linkOf(look))[0] + pen(look)
    const origin = mode(6, decPrivateModes.origin)
    const insert = modes.insertMode ? "\x1b[4h" : ""
    const charsets = this.#charsetState()
    const last = this.#lastCharacter(buffer)
    if (!last) return charsets + origin + insert + current + at(buffer.x)
    // what the next character may join was printed with this pen and character set; what only waits may not have been
    if (last.open && sameLook(last.look, look))
      return charsets + origin + current + at(last.x) + last.text + insert
    const [before, after] = charsets.endsWith("\x1b8") ? [charsets, ""] : ["", charsets]
    return before + origin + at(last.x) + this.#painter.text(last) + after + current + insert
  }

  /**
   * The character in front of the cursor, when printing it again is the only way to its state: a cursor that waits behind the
   * last column, or a character that the next one may join or repeat.
   */
  #lastCharacter({ x, y, ybase, lines }: Buffer): LastCharacter | null {
    const waits = x >= this.#core.cols
    const open = this.#core._inputHandler._parser.precedingJoinState !== 0
    if (x === 0 || !(waits || open)) return null
    const cell = this.#reader.before(lines.get(ybase + y)!, Math.min(x, this.#core.cols))
    return cell.text === "" && !waits ? null : { ...cell, text: cell.text || " ", open }
  }
}

/** `open`: the next character may join it or repeat it. */
type LastCharacter = { x: number; text: string; look: Attributes; open: boolean }

const MOUSE: Record<string, number | undefined> = { X10: 9, VT200: 1000, DRAG: 1002, ANY: 1003 }
const ENCODING: Record<string, number | undefined> = { SGR: 1006, SGR_PIXELS: 1016 }
const STYLES = { block: 1, underline: 3, bar: 5 }

/** A terminal's reset takes all flags away; one without the protocol ignores this. */
const keys = (flags: number): string => (flags === 0 ? "" : `\x1b[=${flags};1u`)
const mode = (number: number, on: boolean): string => `\x1b[?${number}${on ? "h" : "l"}`
const pen = (look: Attributes): string =>
  `${isProtected(look) ? '\x1b[1"q' : ""}${sgr(look)}${underlineColour(look)}`

/** DECSCUSR: odd numbers blink; 0 is the terminal's own choice. */
function cursorStyle(style: keyof typeof STYLES | undefined, blink: boolean | undefined): string {
  return `\x1b[${style === undefined ? 0 : STYLES[style] + (blink ? 0 : 1)} q`
}
