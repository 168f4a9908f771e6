// Text tables: columns as wide as their cells, lines cut at the width of the terminal.

/** Space between two columns. */
const GAP = "  "

/** Formats rows as a table. Columns in `right` are right-aligned; lines longer than `width` are cut. */
export function tableOf(rows: string[][], right: number[] = [], width = Number.POSITIVE_INFINITY): string {
  const count = Math.max(...rows.map(row => row.length))
  const widths = Array.from({ length: count }, (_, i) => Math.max(...rows.map(row => row[i]?.length ?? 0)))
  const cell = (text: string, i: number) =>
    right.includes(i) ? text.padStart(widths[i]!) : text.padEnd(widths[i]!)
  return rows.map(row => `${cut(row.map(cell).join(GAP).trimEnd(), width)}\n`).join("")
}

/** Cuts every line of `text` at `width` columns. */
export const fitted = (text: string, width: number): string =>
  text.replace(/[^\n]+/g, line => cut(line, width))

const cut = (line: string, width: number): string =>
  line.length <= width ? line : `${line.slice(0, Math.max(0, width - 1))}…`

/** Formats 1536 as 1.5K: at most four characters before the unit. */
export function shortBytes(bytes: number): string {
  const units = ["", "K", "M", "G", "T"]
  let [value, unit] = [bytes, 0]
  for (; value >= 1000 && unit < units.length - 1; unit++) value /= 1024
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)}${units[unit]}`
}
