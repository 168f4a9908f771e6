// The screen as a picture: SVG that needs no script, no style sheet and no font of ours, safe whatever the program printed.

import type { ScreenView, Style, TextRun } from "../engine.ts"
import { BACKGROUND, coloursOf, escaped, FOREGROUND } from "./markup.ts"

/** A cell in pixels; every run is stretched to its cells, so that no font can push columns apart. */
const [WIDTH, HEIGHT, SIZE, BASELINE] = [9, 18, 15, 14]
const CURSOR = FOREGROUND
const FONT = "ui-monospace,DejaVu Sans Mono,Menlo,Consolas,monospace"

/** Presentation attributes only: a content security policy without inline styles leaves it as it is. */
export function picture({ size, rows, cursor }: ScreenView): string {
  const [width, height] = [size.cols * WIDTH, size.rows * HEIGHT]
  const lines = rows.map((runs, y) => drawRow(runs, y)).join("")
  const mark = cursor.visible ? rect(cursor.x, cursor.y, 1, `none" stroke="${CURSOR}`) : ""
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="${FONT}" font-size="${SIZE}">
<rect width="100%" height="100%" fill="${BACKGROUND}"/>${lines}${mark}</svg>
`
}

function drawRow(runs: TextRun[], y: number): string {
  let x = 0
  let svg = ""
  for (const run of runs) {
    svg += drawRun(run, x, y)
    x += run.cells
  }
  return svg === "" ? "" : `\n<g>${svg}</g>`
}

function drawRun({ text, cells, style }: TextRun, x: number, y: number): string {
  const { fill, behind } = coloursOf(style)
  const box = behind ? rect(x, y, cells, behind) : ""
  if (style.invisible || text.trim() === "") return box
  const place = `x="${x * WIDTH}" y="${y * HEIGHT + BASELINE}" textLength="${cells * WIDTH}"`
  return `${box}<text ${place} lengthAdjust="spacingAndGlyphs" xml:space="preserve" fill="${fill}"${shape(style)}>${escaped(text)}</text>`
}

function shape({ bold, dim, italic, underline, strike }: Style): string {
  const line = [underline && "underline", strike && "line-through"].filter(Boolean).join(" ")
  return [
    bold && ' font-weight="bold"',
    italic && ' font-style="italic"',
    dim && ' opacity="0.6"',
    line && ` text-decoration="${line}"`,
  ]
    .filter(Boolean)
    .join("")
}

const rect = (x: number, y: number, cells: number, fill: string): string =>
  `<rect x="${x * WIDTH}" y="${y * HEIGHT}" width="${cells * WIDTH}" height="${HEIGHT}" fill="${fill}"/>`
