// Search patterns: literal text, or RE2 expressions with the syntax of Python's re where RE2 allows it.

import { RE2JS } from "re2js"
import type { Pattern } from "../../ops/output/match.ts"
import { literal } from "../../ops/output/match.ts"
import { ToolError } from "../tools/failure.ts"

/** Limits on the cost of a search, which applies every pattern to all output. */
const MAX_PATTERNS = 64
const MAX_PATTERN_LENGTH = 4096

/** Throws `<name> is required`, or `invalid regex` with the pattern. */
export function patternsOf(patterns: string[], regex: boolean, name: "pattern" | "patterns"): Pattern[] {
  const nonEmpty = patterns.filter(pattern => pattern !== "")
  if (nonEmpty.length === 0) throw new ToolError(`${name} is required`)
  if (nonEmpty.length > MAX_PATTERNS || nonEmpty.some(pattern => pattern.length > MAX_PATTERN_LENGTH))
    throw new ToolError(`at most ${MAX_PATTERNS} patterns of ${MAX_PATTERN_LENGTH} characters`)
  return nonEmpty.map(pattern => (regex ? expression(pattern) : literal(pattern)))
}

/** As in Python, `$` also matches before a final newline. */
function expression(pattern: string): Pattern {
  const compiled = compile(pattern)
  return {
    pattern,
    find: text => find(compiled, text) ?? (text.endsWith("\n") ? find(compiled, withoutLineEnd(text)) : null),
  }
}

const withoutLineEnd = (text: string): string => text.slice(0, text.endsWith("\r\n") ? -2 : -1)

/** Tests for a match first: that is faster, and usually there is none. */
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
