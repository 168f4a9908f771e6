// Escape sequences: where they end and what they mean, for bytes cut anywhere.

import { describe, expect, test } from "bun:test"
import { eachEscape, queryOf, titleOf } from "../../src/core/lib/escapes.ts"
import { bytesOf, random, SEEDS } from "./bare.ts"

const text = (bytes: Uint8Array) => Buffer.from(bytes).toString("latin1")

function sequences(input: string): string[] {
  const bytes = bytesOf(input)
  const found: string[] = []
  eachEscape(bytes, (start, end) => found.push(text(bytes.subarray(start, end))))
  return found
}

test.each([
  ["\x1b[0m", ["\x1b[0m"]],
  ["a\x1b[?1049hb\x1b[31;1mc", ["\x1b[?1049h", "\x1b[31;1m"]],
  ["\x1b]0;t\x07x\x1b]2;u\x1b\\y", ["\x1b]0;t\x07", "\x1b]2;u\x1b\\"]],
  ["\x1bP+q544e\x1b\\", ["\x1bP+q544e\x1b\\"]],
  ["\x1b(B\x1b7\x1b=", ["\x1b(B", "\x1b7", "\x1b="]],
  ["\x1b\x1b[A", ["\x1b", "\x1b[A"]],
  ["\x1b[3\x1b[4m", ["\x1b[3", "\x1b[4m"]],
  ["\x1b(\x1b[4m", ["\x1b(", "\x1b[4m"]],
  ["\x1b]0;cut\x1b[4m", ["\x1b]0;cut", "\x1b[4m"]],
  ["\x1b]0;aborted\x18\x1b[4m", ["\x1b]0;aborted\x18", "\x1b[4m"]],
  ["plain", []],
  ["\x1b[12;", []],
])("%j", (input, expected) => {
  expect(sequences(input)).toEqual(expected)
})

test.each(SEEDS)("bytes cut anywhere give the same sequences, seed %d", seed => {
  const pick = random(seed)
  const parts = [
    "a",
    "é",
    "\x1b",
    "\x1b[",
    "\x1b]0;",
    "1",
    ";",
    "m",
    "\x07",
    "\x1b\\",
    "(",
    "\x18",
    "\n",
    "\x1bP",
    "?",
    "c",
  ]
  const all = bytesOf(Array.from({ length: 400 }, () => parts[pick(parts.length)]).join(""))
  const whole: string[] = []
  const end = eachEscape(all, (from, to) => whole.push(`${from}-${to}`))
  const pieces: string[] = []
  let at = 0
  for (let have = 0; have < all.length; ) {
    have = Math.min(all.length, have + 1 + pick(9))
    const window = all.subarray(at, have)
    const base = at
    at += eachEscape(window, (from, to) => pieces.push(`${base + from}-${base + to}`))
  }
  expect(pieces).toEqual(whole)
  expect(at).toBe(end)
})

test("a string without an end is abandoned", () => {
  const endless = `\x1bP${"x".repeat((1 << 20) + 10)}`
  expect(sequences(endless)).toEqual(["\x1bP"])
})

describe("queries", () => {
  const kind = (input: string) => queryOf(bytesOf(input), 0, bytesOf(input).length)
  const questions = {
    da1: ["\x1b[c", "\x1b[0c", "\x1bZ"],
    da2: ["\x1b[>c", "\x1b[>0c"],
    da3: ["\x1b[=c"],
    status: ["\x1b[5n"],
    cursor: ["\x1b[6n", "\x1b[?6n"],
    other: [
      "\x1b[?2026$p",
      "\x1b[>0q",
      "\x1b[?u",
      "\x1b[18t",
      "\x1b]10;?\x07",
      "\x1b]11;?\x1b\\",
      "\x1b]4;1;?\x07",
      "\x1b]52;c;?\x07",
      "\x1bP+q544e\x1b\\",
      "\x1bP$qm\x1b\\",
      "\x1b_Gi=1,a=q;AAAA\x1b\\",
    ],
  }
  for (const [name, inputs] of Object.entries(questions))
    test.each(inputs)(`${name}: %j`, input => {
      expect(kind(input)).toBe(name as ReturnType<typeof kind>)
    })

  test.each([
    "\x1b[31m",
    "\x1b[?25h",
    "\x1b]0;what?\x07",
    "\x1b]11;#fff\x07",
    "\x1b[2J",
    "\x1b]8;;http://x/?y\x07",
    "\x1b7",
    "\x1b[1;1R",
  ])("no query: %j", input => {
    expect(kind(input)).toBeNull()
  })
})

describe("titles", () => {
  const title = (input: string) => titleOf(bytesOf(input), 0, bytesOf(input).length)

  test.each([
    ["\x1b]0;plain\x07", "plain"],
    ["\x1b]2;with st\x1b\\", "with st"],
    ["\x1b]0;a\\\x1b\\", "a\\"],
    ["\x1b]2;äöü 😀\x07", "äöü 😀"],
    ["\x1b]0;\x07", ""],
    ["\x1b]0;a\tb\x07", "ab"],
    ["\x1b]1;icon\x07", null],
    ["\x1b]10;?\x07", null],
    ["\x1b[0m", null],
  ])("%j", (input, expected) => {
    expect(title(input)).toBe(expected)
  })

  test("a long title is cut between characters", () => {
    const long = title(`\x1b]0;${"😀".repeat(2000)}\x07`)!
    expect(long.isWellFormed()).toBe(true)
    expect(long).not.toContain("\ufffd")
    expect([...long].length).toBeLessThanOrEqual(256)
    expect(title(`\x1b]0;${"a".repeat(255)}😀😀\x07`)!.isWellFormed()).toBe(true)
  })
})
