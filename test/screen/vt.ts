// Random terminal output, reproducible by its seed: many scripts, colours, motion, modes, both buffers.

import type { Size } from "../../src/core/session/backend.ts"

export type Random = (n: number) => number

/** Numbers in 0..n-1 (mulberry32). */
export function random(seed: number): Random {
  let state = seed
  return n => {
    state = (state + 0x6d2b79f5) | 0
    let x = Math.imul(state ^ (state >>> 15), 1 | state)
    x = (x + Math.imul(x ^ (x >>> 7), 61 | x)) ^ x
    return ((x ^ (x >>> 14)) >>> 0) % n
  }
}

const WORDS = [
  "ls -la",
  "漢字かな",
  "été",
  "👩‍💻",
  "🇫🇷🇩🇪",
  "e\u0301a\u0308",
  "┌─┐",
  "x",
  "    ",
  "שלום",
  "한국어",
  "☁️",
  "…—",
  "👍🏽",
]
const MODES = [1, 12, 25, 45, 9, 1000, 1002, 1003, 1004, 1006, 1016, 2004]
const SGR = [
  0,
  1,
  2,
  3,
  5,
  7,
  8,
  9,
  22,
  23,
  24,
  27,
  31,
  34,
  39,
  42,
  49,
  53,
  91,
  105,
  "38;5;200",
  "48;2;10;20;30",
]
/** Switches off at once, as programs do: a saved cursor with an underlining pen cannot be restored. */
const UNDERLINES = ["4", "4:3", "21", "4;58;5;9"]

type Piece = (r: Random, size: Size) => string
const one = <T>(r: Random, list: readonly T[]): T => list[r(list.length)]!
const text: Piece = r => Array.from({ length: 1 + r(6) }, () => one(r, WORDS)).join(r(2) ? " " : "")

const PIECES: Piece[] = [
  text,
  text,
  text,
  (r, { cols }) => "abcdefghij".repeat(Math.ceil(cols / 10)).slice(0, cols - 2 + r(5)),
  () => "\r\n",
  () => "\r\n",
  r => `\x1b[${one(r, SGR)}m`,
  r => `\x1b[${one(r, UNDERLINES)}munderlined\x1b[59;24m`,
  r => `\x1b[${one(r, SGR)};${one(r, SGR)}m`,
  r => `=\x1b[${1 + r(9)}b`,
  (r, { cols, rows }) => `\x1b[${1 + r(rows)};${1 + r(cols)}H`,
  r => `\x1b[${r(4)}${one(r, [..."ABCDEFG"])}`,
  r => `\x1b[${r(4)}${one(r, [..."@LMPSTXIZ"])}`,
  r => `\x1b[${r(3)}${one(r, ["J", "K"])}`,
  r => `\x1b[?${one(r, MODES)}${r(2) ? "h" : "l"}`,
  r => `\x1b[?7${r(24) ? "h" : "l"}`,
  r => `\x1b[4${r(2) ? "h" : "l"}`,
  r => (r(3) ? "" : `\x1b[?${one(r, [47, 1047, 1049])}${r(2) ? "h" : "l"}`),
  r => `\x1b[?6h\x1b[${1 + r(5)};${1 + r(5)}Hinside${r(8) ? "\x1b[?6l" : ""}`,
  (r, { rows }) => `\x1b[${1 + r(rows)};${1 + r(rows)}r`,
  r => one(r, ["\x1b7", "\x1b8", "\x1bD", "\x1bM", "\x1bE", "\x1bH", "\x1b=", "\x1b>", "\x1b[s", "\x1b[u"]),
  r => one(r, ["\t", "\b", "\r", "\n", "\x07", "\x0b"]),
  r => one(r, ["\x1b(0lqqk\x1b(B", "\x1b)0\x0etqqu\x0f"]),
  r => (r(6) ? "" : one(r, ["\x1b(0", "\x1b(B", "\x0e", "\x0f"])),
  r => `\x1b]${one(r, [0, 2])};title ${r(100)}${one(r, ["\x07", "\x1b\\"])}`,
  r => `\x1b]8;;https://example.org/${r(9)}\x1b\\link\x1b]8;;\x1b\\`,
  r => `\x1b[${r(7)} q`,
  r => one(r, ["\x1bP$qm\x1b\\", "\x1b[c", "\x1b[6n", "\x1b]10;?\x07", "\x1b[?2026h", "\x1b[?2026l"]),
  r => (r(8) ? "" : one(r, ["\x1bc", "\x1b[!p", "\x1b#8", "\x1b[3g", "\x1b[20h", "\x1b[20l"])),
]

/** Returns about `pieces` pieces of output for a terminal of this size. */
export const randomOutput = (r: Random, size: Size, pieces: number): string =>
  Array.from({ length: pieces }, () => one(r, PIECES)(r, size)).join("")
