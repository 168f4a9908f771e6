// The screen as an SVG without scripts, style sheets or embedded fonts, safe for any output.

import type { ScreenView, Style, TextRun } from "../engine.ts"
import { BACKGROUND, cellColours, escapeMarkup, FOREGROUND } from "./markup.ts"

/** A cell in pixels. Each run is stretched to its cells, so that no font can misalign columns. */
const [WIDTH, HEIGHT, SIZE, BASELINE] = [9, 18, 15, 14]
const CURSOR = FOREGROUND
const FONT = "ui-monospace,DejaVu Sans Mono,Menlo,Consolas,monospace"

/** Uses presentation attributes only, which a content security policy without inline styles permits. */
export function picture({ size, rows, cursor }: ScreenView): string {
  const [width, height] = [size.cols * WIDTH, size.rows * HEIGHT]
  const lines = rows.map((runs, y) => drawRow(runs, y)).join("")
  const cursorBox = cursor.visible ? rect(cursor.x, cursor.y, 1, `none" stroke="${CURSOR}`) : ""
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="${FONT}" font-size="${SIZE}">
<rect width="100%" height="100%" fill="${BACKGROUND}"/>${lines}${cursorBox}</svg>
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
  const { foreground, background } = cellColours(style)
  const box = background ? rect(x, y, cells, background) : ""
  if (style.invisible || text.trim() === "") return box
  const position = `x="${x * WIDTH}" y="${y * HEIGHT + BASELINE}" textLength="${cells * WIDTH}"`
  return `${box}<text ${position} lengthAdjust="spacingAndGlyphs" xml:space="preserve" fill="${foreground}"${textAttributes(style)}>${escapeMarkup(text)}</text>`
}

function textAttributes({ bold, dim, italic, underline, strike }: Style): string {
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
