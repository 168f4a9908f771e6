// Shared by SVG and HTML renderings of a screen: cell colours and escaped text.

import type { Style } from "../engine.ts"
import { hex } from "./palette.ts"

export const [FOREGROUND, BACKGROUND] = ["#e5e5e5", "#101014"]

/** `#rrggbb`; `background` is null for the default. */
export function cellColours({ fg, bg, inverse }: Style): { foreground: string; background: string | null } {
  const [front, back] = [fg ? hex(fg) : FOREGROUND, bg ? hex(bg) : null]
  return inverse
    ? { foreground: back ?? BACKGROUND, background: front }
    : { foreground: front, background: back }
}

/** Replaces markup characters with entities, and what XML 1.0 forbids (section 2.2) with U+FFFD. */
export const escapeMarkup = (text: string): string =>
  text
    .replace(/[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]|\p{Cs}/gu, "\ufffd")
    .replace(/[&<>"']/g, char => `&#${char.charCodeAt(0)};`)
