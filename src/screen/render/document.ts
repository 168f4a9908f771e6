// A transcript as plain text, and as a page that stands alone: no script, nothing fetched, safe whatever was printed.

import type { ScreenRow, Style, TextRun } from "../engine.ts"
import { BACKGROUND, coloursOf, escaped, FOREGROUND } from "./markup.ts"

const STYLE = `body{margin:0;background:${BACKGROUND};color:${FOREGROUND};font:14px/1.35 ui-monospace,"SF Mono","Cascadia Mono",Menlo,Consolas,"DejaVu Sans Mono",monospace}
header{padding:20px 24px 14px;border-bottom:1px solid #2c2e36;font-family:system-ui,-apple-system,"Segoe UI","Liberation Sans",sans-serif}
h1{margin:0 0 6px;font-size:17px;font-weight:600}
header p{margin:0;color:#a0a4ad;font-size:13px}
header code{color:${FOREGROUND};font-family:ui-monospace,"SF Mono",Menlo,Consolas,"DejaVu Sans Mono",monospace}
main{overflow-x:auto}
pre{margin:0;padding:16px 24px 32px;font:inherit;tab-size:8}
@media print{body,header code{background:#fff;color:#000}}`

/** Looks without colours, as classes would be no shorter. */
const SHAPES: [keyof Style, string][] = [
  ["bold", "font-weight:bold"],
  ["dim", "opacity:.65"],
  ["italic", "font-style:italic"],
  ["invisible", "visibility:hidden"],
]

/** What the head of the page says. */
export type Heading = { title: string; command: string; facts: string[] }

/** Rows as lines of text; a line that was wrapped is one again. The first row of all must be told. */
export const textOfRows = (rows: ScreenRow[], first: boolean): string =>
  rows
    .map(({ runs, wrapped }, i) => {
      const text = runs.map(run => run.text).join("")
      return `${wrapped || (first && i === 0) ? "" : "\n"}${text}`
    })
    .join("")

/** The page up to its first line. */
export function pageBegin({ title, command, facts }: Heading): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="dark">
<meta name="generator" content="ptyline">
<title>${escaped(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<header><h1>${escaped(title)}</h1><p><code>${escaped(command)}</code>${facts.map(fact => ` · ${escaped(fact)}`).join("")}</p></header>
<main><pre>`
}

export const PAGE_END = "</pre></main>\n</body>\n</html>\n"

/** Every row is a line here, wrapped or not: columns stay under each other. */
export const htmlOfRows = (rows: ScreenRow[]): string =>
  rows.map(({ runs }) => `${runs.map(htmlOfRun).join("")}\n`).join("")

function htmlOfRun({ text, style }: TextRun): string {
  const { fill, behind } = coloursOf(style)
  const line = [style.underline && "underline", style.strike && "line-through"].filter(Boolean).join(" ")
  const rules = [
    fill !== FOREGROUND && `color:${fill}`,
    behind && `background:${behind}`,
    ...SHAPES.map(([name, rule]) => style[name] && rule),
    line && `text-decoration:${line}`,
  ].filter(Boolean)
  return rules.length === 0 ? escaped(text) : `<span style="${rules.join(";")}">${escaped(text)}</span>`
}
