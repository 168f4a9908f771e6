// Durations, sizes and signal names are parsed as documented; other text is rejected.

import { expect, test } from "bun:test"
import { isSize, parseDuration, parseSignal } from "../../src/core/lib/units.ts"

test.each([
  ["90", 90_000],
  ["0", 0],
  ["1.5s", 1500],
  ["250ms", 250],
  ["5m", 300_000],
  ["1h30m", 5_400_000],
  ["1d", 86_400_000],
  ["", null],
  ["-1", null],
  ["5 m", null],
  ["1h30", null],
  ["soon", null],
])("the duration %p is %p ms", (text, ms) => {
  expect(parseDuration(text)).toBe(ms)
})

test.each([
  ["TERM", "TERM"],
  ["sigint", "INT"],
  ["SIGSIGINT", undefined],
  ["STOP", undefined],
] as const)("the signal %p is %p", (name, signal) => {
  expect(parseSignal(name)).toBe(signal)
})

test("a size is 1 to 1000 columns by 1 to 1000 rows", () => {
  expect(
    [
      [1, 1],
      [1000, 1000],
    ].every(([cols, rows]) => isSize({ cols: cols!, rows: rows! })),
  ).toBe(true)
  expect(
    [
      [0, 1],
      [1, 1001],
      [1.5, 1],
      [Number.NaN, 1],
    ].some(([cols, rows]) => isSize({ cols: cols!, rows: rows! })),
  ).toBe(false)
})
