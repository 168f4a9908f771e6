// Figures: medians, percentiles, and a table with one row per target.

export type Row = {
  name: string
  measured: number
  unit: string
  /** The baseline of the same run, in the same unit. */
  baseline?: number
  /** Median of the ratios of the rounds, where each measures both; otherwise `measured` / `baseline`. */
  ratio?: number
  target: string
  /** Null for a row without a target. */
  met: boolean | null
  note?: string
}

export type Bench = { name: string; run(report: (row: Row) => void): Promise<void> }

export const median = (values: number[]): number => percentile(values, 50)

/** The value that `p` percent of the values do not exceed. */
export function percentile(values: number[], p: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.ceil((p / 100) * sorted.length) - 1)] ?? Number.NaN
}

export const ratioOf = ({ measured, baseline, ratio }: Row): number | null =>
  ratio ?? (baseline ? measured / baseline : null)

const COLUMNS: [string, (row: Row) => string][] = [
  ["name", row => row.name],
  ["measured", row => `${short(row.measured)} ${row.unit}`],
  ["baseline", row => (row.baseline === undefined ? "" : short(row.baseline))],
  ["ratio", row => ratioOf(row)?.toFixed(2) ?? ""],
  ["target", row => row.target],
  ["met", row => (row.met === null ? "-" : row.met ? "yes" : "NO")],
  ["note", row => row.note ?? ""],
]

export function table(rows: Row[]): string {
  const lines = [COLUMNS.map(([head]) => head), ...rows.map(row => COLUMNS.map(([, cell]) => cell(row)))]
  const widths = COLUMNS.map((_, i) => Math.max(...lines.map(line => line[i]!.length)))
  return lines
    .map(line =>
      line
        .map((cell, i) => cell.padEnd(widths[i]!))
        .join("  ")
        .trimEnd(),
    )
    .join("\n")
}

const short = (n: number): string => (Math.abs(n) >= 100 ? n.toFixed(0) : n.toPrecision(3))
