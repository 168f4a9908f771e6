// Durations, terminal sizes and signal names, as callers write them.

/** Signals that callers may send (contract native, operation `signal`). */
export const SIGNALS = [
  "INT",
  "TERM",
  "KILL",
  "HUP",
  "QUIT",
  "USR1",
  "USR2",
  "TSTP",
  "CONT",
  "WINCH",
] as const
export type Signal = (typeof SIGNALS)[number]

/** Most columns or rows of a terminal. */
export const MAX_SIDE = 1000

export const isSize = ({ cols, rows }: { cols: number; rows: number }): boolean =>
  [cols, rows].every(n => Number.isInteger(n) && n >= 1 && n <= MAX_SIDE)

export const plainSignal = (name: string): string => name.toUpperCase().replace(/^SIG/, "")

/** Returns the signal of this name, with or without SIG, in any case; undefined for other names. */
export function parseSignal(name: string): Signal | undefined {
  const plain = plainSignal(name)
  return SIGNALS.find(signal => signal === plain)
}

const UNIT_MS: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }
const PART = /(\d+(?:\.\d+)?)(ms|s|m|h|d)/gy

/** Returns 250ms, 1.5s, 5m or 1h30m in ms; null for other text. Without a unit: seconds, as in timeout(1). */
export function parseDuration(text: string): number | null {
  if (/^\d+(\.\d+)?$/.test(text)) return Math.round(Number(text) * 1000)
  const parts = [...text.matchAll(PART)]
  if (parts.length === 0 || parts.map(([part]) => part).join("") !== text) return null
  return Math.round(parts.reduce((sum, [, count, unit]) => sum + Number(count) * UNIT_MS[unit!]!, 0))
}
