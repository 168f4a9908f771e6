// Converts xterm's packed cell attributes to a Style and to an SGR sequence (ECMA-48, ctlseqs).

import type { Colour, Style } from "../engine.ts"
import type { Attributes } from "../xterm/internals.ts"

/** Colour modes, bits 25 and 26: default, one of 16, one of 256, red-green-blue. */
const MODE = 0x3000000
const SIXTEEN = 0x1000000
const PALETTE = 0x2000000
const RGB = 0xffffff

const FG = {
  inverse: 1 << 26,
  bold: 1 << 27,
  underline: 1 << 28,
  blink: 1 << 29,
  invisible: 1 << 30,
  strike: 1 << 31,
}
const BG = { italic: 1 << 26, dim: 1 << 27, extended: 1 << 28, protected: 1 << 29, overline: 1 << 30 }

const ON: [word: "fg" | "bg", flag: number, sgr: number][] = [
  ["fg", FG.bold, 1],
  ["bg", BG.dim, 2],
  ["bg", BG.italic, 3],
  ["fg", FG.blink, 5],
  ["fg", FG.inverse, 7],
  ["fg", FG.invisible, 8],
  ["fg", FG.strike, 9],
  ["bg", BG.overline, 53],
]

/** True if at most a background colour distinguishes the cell from an empty one, as after erasing. */
export const isErased = ({ fg, bg }: Attributes): boolean => fg === 0 && (bg & ~(MODE | RGB)) === 0

/** True if colours, flags and link are the same. */
export function sameAttributes(a: Attributes, b: Attributes): boolean {
  return ((a.fg ^ b.fg) | (a.bg ^ b.bg)) === 0 && (a.extended === b.extended || sameExtended(a, b))
}

function sameExtended(a: Attributes, b: Attributes): boolean {
  return (
    ((a.bg | b.bg) & BG.extended) === 0 ||
    (a.extended.ext === b.extended.ext && a.extended.urlId === b.extended.urlId)
  )
}

export const isProtected = ({ bg }: Attributes): boolean => (bg & BG.protected) !== 0

/** The link's number; 0 if there is none. */
export const linkOf = ({ bg, extended }: Attributes): number => (bg & BG.extended ? extended.urlId : 0)

/** Returns the sequence that sets all attributes, whatever was set before. */
export function sgr(attributes: Attributes): string {
  const codes: (number | string)[] = [0]
  for (const [word, flag, code] of ON) if (attributes[word] & flag) codes.push(code)
  codes.push(
    ...colour(attributes.fg, 30, 90, 38),
    ...colour(attributes.bg, 40, 100, 48),
    ...underline(attributes),
  )
  return `\x1b[${codes.length === 1 ? "" : codes.join(";")}m`
}

function colour(packed: number, dark: number, bright: number, extended: number): number[] {
  const value = packed & RGB
  switch (packed & MODE) {
    case SIXTEEN:
      return [(value & 8 ? bright : dark) + (value & 7)]
    case PALETTE:
      return [extended, 5, value & 0xff]
    case MODE:
      return [extended, 2, value >> 16, (value >> 8) & 0xff, value & 0xff]
    default:
      return []
  }
}

/** A link is drawn with its own underline, which hides the program's; the program's is then a plain one. */
function underline({ fg, bg, extended }: Attributes): (number | string)[] {
  if (!(fg & FG.underline)) return []
  const style = bg & BG.extended && extended.urlId === 0 ? extended.underlineStyle : 1
  if (style === 0) return []
  const line = style > 1 ? `4:${style}` : 4
  return bg & BG.extended ? [line, ...colour(extended.underlineColor, 0, 0, 58)] : [line]
}

/** Sets the colour of the next underline, which a terminal remembers even while it does not underline. */
export function underlineColour({ extended }: Attributes): string {
  const codes = colour(extended.underlineColor, 0, 0, 58)
  return codes.length === 0 ? "" : `\x1b[${codes.join(";")}m`
}

export function styleOf({ fg, bg }: Attributes): Style {
  return {
    fg: colourOf(fg),
    bg: colourOf(bg),
    bold: (fg & FG.bold) !== 0,
    dim: (bg & BG.dim) !== 0,
    italic: (bg & BG.italic) !== 0,
    underline: (fg & FG.underline) !== 0,
    inverse: (fg & FG.inverse) !== 0,
    invisible: (fg & FG.invisible) !== 0,
    strike: (fg & FG.strike) !== 0,
  }
}

function colourOf(packed: number): Colour | null {
  const mode = packed & MODE
  if (mode === 0) return null
  return mode === MODE ? { rgb: packed & RGB } : { palette: packed & 0xff }
}
