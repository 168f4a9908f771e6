// Patterns that a call waits for: literal text, or RE2 in the words of Python's re, for which callers of these tools write.

import { RE2JS } from "re2js"
import type { Pattern } from "../../ops/output/match.ts"
import { literal } from "../../ops/output/match.ts"
import { ToolError } from "../tools/failure.ts"

/** More and longer ones are refused: each is searched for in every piece of output. */
const MOST_PATTERNS = 64
const LONGEST_PATTERN = 4096

/** Throws `<name> is required`, or `invalid regex` with the pattern. */
export function patternsOf(patterns: string[], regex: boolean, name: "pattern" | "patterns"): Pattern[] {
  const wanted = patterns.filter(pattern => pattern !== "")
  if (wanted.length === 0) throw new ToolError(`${name} is required`)
  if (wanted.length > MOST_PATTERNS || wanted.some(pattern => pattern.length > LONGEST_PATTERN))
    throw new ToolError(`at most ${MOST_PATTERNS} patterns of ${LONGEST_PATTERN} characters`)
  return wanted.map(pattern => (regex ? expression(pattern) : literal(pattern)))
}

/** `$` also matches before a line end that the text ends with, as in Python. */
function expression(pattern: string): Pattern {
  const compiled = compile(pattern)
  return {
    pattern,
    find: text => find(compiled, text) ?? (text.endsWith("\n") ? find(compiled, withoutLineEnd(text)) : null),
  }
}

const withoutLineEnd = (text: string): string => text.slice(0, text.endsWith("\r\n") ? -2 : -1)

/** First the fast answer whether there is a match at all, which is nearly always no. */
function find(compiled: RE2JS, text: string): ReturnType<Pattern["find"]> {
  if (!compiled.test(text)) return null
  const matcher = compiled.matcher(text)
  if (!matcher.find()) return null
  const groups = Array.from({ length: matcher.groupCount() }, (_, i) => matcher.group(i + 1) ?? null)
  return { text: matcher.group() ?? "", groups, start: matcher.start(), end: matcher.end() }
}

/** Throws `invalid regex`. */
export function compile(pattern: string): RE2JS {
  try {
    return RE2JS.compile(pattern.replace(/\\(.)/gs, (whole, letter) => (letter === "Z" ? "\\z" : whole)))
  } catch {
    throw new ToolError("invalid regex", pattern)
  }
}
