// What pictures and pages of a screen share: the colours of a cell, and text that is never markup.

import type { Style } from "../engine.ts"
import { hex } from "./palette.ts"

export const [FOREGROUND, BACKGROUND] = ["#e5e5e5", "#101014"]

/** `#rrggbb`; `behind` is null where the background shows. */
export function coloursOf({ fg, bg, inverse }: Style): { fill: string; behind: string | null } {
  const [front, back] = [fg ? hex(fg) : FOREGROUND, bg ? hex(bg) : null]
  return inverse ? { fill: back ?? BACKGROUND, behind: front } : { fill: front, behind: back }
}

/** Markup characters as entities; what XML 1.0 forbids (section 2.2) as U+FFFD. */
export const escaped = (text: string): string =>
  text
    .replace(/[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]|\p{Cs}/gu, "\ufffd")
    .replace(/[&<>"']/g, char => `&#${char.charCodeAt(0)};`)
