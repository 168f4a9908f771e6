// Incremental text search: patterns on a linear-time engine over output, with exact byte positions.

import { RE2JS } from "re2js"
import { PtylineError } from "../../core/lib/errors.ts"
import { eachEscape } from "../../core/lib/escapes.ts"
import { decode, wholeCharacters, wholeText } from "../../core/lib/text.ts"

export type Match = { pattern: string; text: string; groups: (string | null)[]; start: number; end: number }
type Finder = (text: string) => Omit<Match, "pattern"> | null
export type Pattern = { pattern: string; find: Finder }

/** Searched text that is kept, in UTF-16 units: the longest match that can span two outputs. */
export const OVERLAP = 8192

export const literal = (pattern: string): Pattern => ({
  pattern,
  find: text => {
    const start = text.indexOf(pattern)
    return start < 0 ? null : { text: pattern, groups: [], start, end: start + pattern.length }
  },
})

/** Multi-line; $ also matches before CR LF, a terminal's line end. `invalid_input` names the pattern. */
export function regex(pattern: string): Pattern {
  const compiled = compile(pattern)
  return { pattern, find: text => search(compiled, text) ?? search(compiled, withPlainLines(text)) }
}

/** Replaces CR LF by two line ends, so that $ matches before it and no position changes. */
const withPlainLines = (text: string): string => text.replaceAll("\r\n", "\n\n")

function search(compiled: RE2JS, text: string): ReturnType<Finder> {
  const matcher = compiled.matcher(text)
  if (!matcher.find()) return null
  const groups = Array.from({ length: matcher.groupCount() }, (_, i) => matcher.group(i + 1) ?? null)
  return { text: matcher.group() ?? "", groups, start: matcher.start(), end: matcher.end() }
}

function compile(pattern: string): RE2JS {
  try {
    return RE2JS.compile(pattern, RE2JS.MULTILINE)
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new PtylineError("invalid_input", `invalid regular expression ${JSON.stringify(pattern)}: ${why}`, {
      pattern,
    })
  }
}

type MatchRule = (patterns: Pattern[], text: string) => Match | null

/** Returns the match of the first listed pattern that matches anywhere. */
export function firstListed(patterns: Pattern[], text: string): Match | null {
  for (const { pattern, find } of patterns) {
    const found = find(text)
    if (found) return { pattern, ...found }
  }
  return null
}

/** Returns the leftmost match of any pattern, of two at the same position the first listed. */
function leftmost(patterns: Pattern[], text: string): Match | null {
  let best: Match | null = null
  for (const { pattern, find } of patterns) {
    const found = find(text)
    if (found && (!best || found.start < best.start)) best = { pattern, ...found }
  }
  return best
}

/** A run of decoded bytes: its position in the text and in the log. */
type DecodedRun = { text: number; offset: number; bytes: Uint8Array }

/** Output text that is searched while it grows. */
export class Haystack {
  #patterns: Pattern[]
  #text = ""
  #runs: DecodedRun[] = []
  #offset: number
  #rule: MatchRule
  #keepEscapes: boolean

  /** `offset` is the log offset of the first byte. With `keepEscapes` the text includes escape sequences. */
  constructor(patterns: Pattern[], offset: number, rule: MatchRule = leftmost, keepEscapes = false) {
    this.#patterns = patterns
    this.#offset = offset
    this.#rule = rule
    this.#keepEscapes = keepEscapes
  }

  /** The log offset of the next bytes. All output before it has been searched. */
  get offset(): number {
    return this.#offset
  }

  /** Starts again at `offset`, after bytes that are no longer available. */
  skipTo(offset: number): void {
    this.#offset = offset
    this.#text = ""
    this.#runs = []
  }

  /** Unless `last`, an incomplete end waits for the next call. `offset`: the log offset after the match. */
  add(bytes: Uint8Array, last: boolean): { match: Match; offset: number } | null {
    const whole = wholeText(bytes, last)
    this.#offset += this.#keepEscapes ? this.#push(whole, this.#offset) : this.#pushPlain(whole)
    const match = this.#rule(this.#patterns, this.#text)
    if (match) return { match, offset: this.#offsetOf(match.end) }
    this.#trim()
    return null
  }

  /** Adds the text outside escape sequences. Returns how many bytes were used. */
  #pushPlain(bytes: Uint8Array): number {
    let from = 0
    const used = eachEscape(bytes, (start, end) => {
      this.#push(bytes.subarray(from, start), this.#offset + from)
      from = end
    })
    this.#push(bytes.subarray(from, used), this.#offset + from)
    return used
  }

  #push(bytes: Uint8Array, offset: number): number {
    if (bytes.length === 0) return 0
    this.#runs.push({ text: this.#text.length, offset, bytes })
    this.#text += decode(bytes)
    return bytes.length
  }

  #trim(): void {
    const cut = this.#text.length - OVERLAP
    if (cut <= 0) return
    const first = this.#runs.findLastIndex(run => run.text <= cut)
    const { text } = this.#runs[first]!
    this.#runs = this.#runs.slice(first).map(run => ({ ...run, text: run.text - text }))
    this.#text = this.#text.slice(text)
  }

  /** Returns the log offset after the first `length` units of the text. */
  #offsetOf(length: number): number {
    const run = this.#runs.findLast(run => run.text < length)
    if (!run) return this.#runs[0]?.offset ?? this.#offset
    return run.offset + bytesFor(run.bytes, length - run.text)
  }
}

/** Returns the smallest number of leading bytes that decode to at least `units` UTF-16 units. */
function bytesFor(bytes: Uint8Array, units: number): number {
  let [low, high] = [0, bytes.length]
  while (low < high) {
    const middle = (low + high) >> 1
    const whole = wholeCharacters(bytes.subarray(0, middle))
    if (decode(bytes.subarray(0, whole)).length >= units) high = middle
    else low = middle + 1
  }
  return low
}
