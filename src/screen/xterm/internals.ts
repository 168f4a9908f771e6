// Internals of xterm.js that a snapshot needs and the API lacks. Names are those of version 6.0, which is
// pinned. All access to internals is here; test/screen/internals.test.ts fails if a name disappears.

import type { Terminal } from "@xterm/headless"

/** A cell's attributes: colours and flags packed as in xterm's Attributes, FgFlags and BgFlags. */
export type Attributes = {
  fg: number
  bg: number
  extended: { underlineStyle: number; underlineColor: number; urlId: number; ext: number }
}

export type Cell = Attributes & { getChars(): string; getWidth(): number }

export type BufferLine = { isWrapped: boolean; loadCell(x: number, cell: Cell): Cell; length: number }

/** Character set: replacements for some ASCII characters; undefined is ASCII itself. */
export type Charset = Record<string, string> | undefined

export type Buffer = {
  lines: { get(y: number): BufferLine | undefined; length: number; trimStart(count: number): void }
  ybase: number
  ydisp: number
  x: number
  y: number
  scrollTop: number
  scrollBottom: number
  tabs: Record<number, boolean | undefined>
  savedX: number
  savedY: number
  savedCurAttrData: Attributes
  savedCharset: Charset
}

type Params = { length: number; params: Int32Array | number[] }
type Identifier = { prefix?: string; intermediates?: string; final: string }

export type Core = {
  cols: number
  rows: number
  buffers: { normal: Buffer; alt: Buffer; active: Buffer }
  options: { convertEol: boolean }
  coreService: {
    isCursorHidden: boolean
    modes: { insertMode: boolean }
    decPrivateModes: {
      applicationCursorKeys: boolean
      applicationKeypad: boolean
      bracketedPasteMode: boolean
      cursorBlink: boolean | undefined
      cursorStyle: "block" | "underline" | "bar" | undefined
      origin: boolean
      reverseWraparound: boolean
      sendFocus: boolean
      wraparound: boolean
    }
  }
  coreMouseService: { activeProtocol: string; activeEncoding: string }
  unicodeService: { charProperties(codepoint: number, preceding: number): number }
  _charsetService: { charset: Charset; glevel: number; _charsets: Charset[] }
  _oscLinkService: { getLinkData(id: number): { id?: string; uri: string } | undefined }
  _inputHandler: {
    getAttrData(): Attributes
    parse(bytes: Uint8Array): void
    _parser: {
      currentState: number
      precedingJoinState: number
      _transitions: { table: Uint16Array }
      reset(): void
    }
  }
  registerCsiHandler(id: Identifier, handler: (params: Params) => boolean): void
}

/** A scratch cell for reading lines. */
export const scratchCell = (terminal: Terminal): Cell =>
  terminal.buffer.active.getNullCell() as unknown as Cell

export const coreOf = (terminal: Terminal): Core => (terminal as unknown as { _core: Core })._core

/** True if the next codepoint joins the previous cell (UnicodeService: the lowest bit of its properties). */
export const joins = (properties: number): boolean => (properties & 1) === 1

/** Drops the lines above the screen, like CSI 3 J, in any parser state. */
export function dropScrollback(buffer: Buffer): void {
  const count = buffer.ybase
  buffer.lines.trimStart(count)
  buffer.ybase = 0
  buffer.ydisp = 0
  buffer.savedY = Math.max(buffer.savedY - count, 0)
}
