// Cutting at character boundaries, compared with the platform's decoder.

import { expect, test } from "bun:test"
import {
  CharacterBuffer,
  characterRest,
  decode,
  stripEscapes,
  wholeCharacters,
  wholeText,
} from "../../src/core/lib/text.ts"
import { bytesOf, random, SEEDS } from "./bare.ts"

/** Returns the number of bytes that a streaming decoder holds back: those of an incomplete character. */
function heldBack(bytes: Uint8Array): number {
  const whole = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes, { stream: true })
  for (let held = 0; held <= 3 && held <= bytes.length; held++)
    if (decode(bytes.subarray(0, bytes.length - held)) === whole) return held
  throw new Error("no cut gives what the decoder gave")
}

/** Bytes that are special in UTF-8, and some that are not. */
const BYTES = [
  0x41, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc2, 0xdf, 0xe0, 0xe1, 0xed, 0xef, 0xf0, 0xf1, 0xf4,
  0xf5, 0xff,
]

test("every sequence of up to four special bytes is cut where a decoder cuts it", () => {
  const check = (bytes: number[]) => {
    const input = Uint8Array.from(bytes)
    if (wholeCharacters(input) !== bytes.length - heldBack(input))
      throw new Error(`cut at ${wholeCharacters(input)}: ${bytes.map(byte => byte.toString(16)).join(" ")}`)
    if (bytes.length < 4) for (const byte of BYTES) check([...bytes, byte])
  }
  check([])
})

test.each(SEEDS)("text cut anywhere decodes to the same text, seed %d", seed => {
  const pick = random(seed)
  const text = Array.from({ length: 300 }, () => "aß€😀\u0301\ufeff\n"[pick(8)] ?? "漢").join("")
  const valid = text.toWellFormed()
  const bytes = bytesOf(valid)
  let out = ""
  for (let at = 0; at < bytes.length; ) {
    let size = 1 + pick(7)
    while (wholeCharacters(bytes.subarray(at, at + size)) === 0) size++
    const length = wholeCharacters(bytes.subarray(at, at + size))
    out += decode(bytes.subarray(at, at + length))
    at += length
  }
  expect(out).toBe(valid)
})

test("the rest of a character at the start", () => {
  const bytes = bytesOf("😀x")
  expect([0, 1, 2, 3, 4].map(at => characterRest(bytes.subarray(at)))).toEqual([0, 3, 2, 1, 0])
  expect(characterRest(Uint8Array.of(0x80, 0x80, 0x80, 0x80))).toBe(3)
})

test("escape sequences are removed, an incomplete one waits", () => {
  const strip = (text: string, last = false) => {
    const { bytes, used } = stripEscapes(bytesOf(text), last)
    return [decode(bytes), used]
  }
  const coloured = "a\x1b[1;31mred\x1b[0m\x1b]0;title\x07b\x1bP1$r\x1b\\c"
  expect(strip(coloured)).toEqual(["aredbc", coloured.length])
  expect(strip("a\x1b[1;3")).toEqual(["a", 1])
  expect(strip("a\x1b[1;3", true)).toEqual(["a", 6])
  expect(strip("")).toEqual(["", 0])
})

test.each(SEEDS)("a character buffer gives the same text however the bytes are cut, seed %d", seed => {
  const pick = random(seed)
  const text = "aß猫😀\u0000é👩‍💻z".repeat(20)
  const bytes = new TextEncoder().encode(text)
  const buffer = new CharacterBuffer()
  let decoded = ""
  for (let at = 0; at < bytes.length; ) {
    const size = 1 + pick(7)
    decoded += decode(buffer.push(bytes.subarray(at, at + size)))
    expect(buffer.rest.length).toBeLessThan(4)
    at += size
  }
  expect(decoded).toBe(text)
  buffer.push(bytesOf("é").subarray(0, 1))
  expect([buffer.flush().length, buffer.rest.length]).toEqual([1, 0])
})

test("the last bytes are given whole, complete or not", () => {
  const cut = bytesOf("aé").subarray(0, 2)
  expect([wholeText(cut, false).length, wholeText(cut, true).length]).toEqual([1, 2])
})
