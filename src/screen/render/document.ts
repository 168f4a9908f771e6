// A transcript as plain text or as a self-contained page without scripts, safe for any output.

import type { ScreenRow, Style, TextRun } from "../engine.ts"
import { BACKGROUND, cellColours, escapeMarkup, FOREGROUND } from "./markup.ts"

const STYLE = `body{margin:0;background:${BACKGROUND};color:${FOREGROUND};font:14px/1.35 ui-monospace,"SF Mono","Cascadia Mono",Menlo,Consolas,"DejaVu Sans Mono",monospace}
header{padding:20px 24px 14px;border-bottom:1px solid #2c2e36;font-family:system-ui,-apple-system,"Segoe UI","Liberation Sans",sans-serif}
h1{margin:0 0 6px;font-size:17px;font-weight:600}
header p{margin:0;color:#a0a4ad;font-size:13px}
header code{color:${FOREGROUND};font-family:ui-monospace,"SF Mono",Menlo,Consolas,"DejaVu Sans Mono",monospace}
main{overflow-x:auto}
pre{margin:0;padding:16px 24px 32px;font:inherit;tab-size:8}
@media print{body,header code{background:#fff;color:#000}}`

/** Attributes as inline styles, because classes would be no shorter. */
const ATTRIBUTE_STYLES: [keyof Style, string][] = [
  ["bold", "font-weight:bold"],
  ["dim", "opacity:.65"],
  ["italic", "font-style:italic"],
  ["invisible", "visibility:hidden"],
]

type Heading = { title: string; command: string; facts: string[] }

/** Returns rows as text and joins wrapped ones. `first`: these are the first rows of a transcript. */
export const rowsToText = (rows: ScreenRow[], first: boolean): string =>
  rows
    .map(({ runs, wrapped }, i) => {
      const text = runs.map(run => run.text).join("")
      return `${wrapped || (first && i === 0) ? "" : "\n"}${text}`
    })
    .join("")

/** Returns the page up to its first line. */
export function pageStart({ title, command, facts }: Heading): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="dark">
<meta name="generator" content="ptyline">
<title>${escapeMarkup(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<header><h1>${escapeMarkup(title)}</h1><p><code>${escapeMarkup(command)}</code>${facts.map(fact => ` · ${escapeMarkup(fact)}`).join("")}</p></header>
<main><pre>`
}

export const PAGE_END = "</pre></main>\n</body>\n</html>\n"

/** Each row becomes a line, wrapped or not, so that columns stay aligned. */
export const rowsToHtml = (rows: ScreenRow[]): string =>
  rows.map(({ runs }) => `${runs.map(runToHtml).join("")}\n`).join("")

function runToHtml({ text, style }: TextRun): string {
  const { foreground, background } = cellColours(style)
  const decoration = [style.underline && "underline", style.strike && "line-through"]
    .filter(Boolean)
    .join(" ")
  const rules = [
    foreground !== FOREGROUND && `color:${foreground}`,
    background && `background:${background}`,
    ...ATTRIBUTE_STYLES.map(([name, rule]) => style[name] && rule),
    decoration && `text-decoration:${decoration}`,
  ].filter(Boolean)
  return rules.length === 0
    ? escapeMarkup(text)
    : `<span style="${rules.join(";")}">${escapeMarkup(text)}</span>`
}
