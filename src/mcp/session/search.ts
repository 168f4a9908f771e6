// Text search in a stream: each byte is searched once as it arrives, and nothing is consumed.

import { characterRest, decode } from "../../core/lib/text.ts"
import { Turns } from "../../core/lib/turns.ts"
import type { ByteLog } from "../../core/log/log.ts"
import type { Session } from "../../core/session/session.ts"
import { firstListed, Haystack, type Match, OVERLAP, type Pattern } from "../../ops/output/match.ts"
import { readText } from "./reader.ts"

/** Bytes searched at a time: a few ms with a slow expression. */
const SLICE = 65536
const ESC = 0x1b

export type SearchRequest = {
  /** Where the returned text starts. */
  from: number
  /** Where a match may start. */
  searchFrom: number
  patterns: Pattern[]
  max: number
  /** On the clock of `performance.now()`. */
  deadline: number
  signal: AbortSignal
}

/** `matchEnd` counts UTF-16 units of `text`. The call consumes everything before `next`. */
export type TextMatch = { pattern: string | null; text: string; matchEnd: number | null; next: number }

/** Resolves with a match, without one at the deadline or the session's end, or with null when `signal` aborts. */
export async function waitForText(
  session: Session,
  log: ByteLog,
  request: SearchRequest,
): Promise<TextMatch | null> {
  const search = new Search(session, log, request)
  const turns = new Turns()
  for (;;) {
    if (request.signal.aborted) return null
    const found = search.step()
    if (found) return matched(session, log, request, found.match, found.offset)
    const left = request.deadline - performance.now()
    if (left <= 0 || (search.atEnd && session.life.closed))
      return unmatched(session, log, request, search.offset)
    if (search.atEnd) await session.changed.wait(request.signal, left)
    else if (turns.over) await turns.pause()
  }
}

/** Searches the raw output and, after the first escape sequence, also the output without sequences. */
class Search {
  #session: Session
  #log: ByteLog
  #patterns: Pattern[]
  #raw: Haystack
  #plain: Haystack | null = null
  #first: number

  constructor(session: Session, log: ByteLog, { searchFrom, patterns }: SearchRequest) {
    this.#session = session
    this.#log = log
    this.#patterns = patterns
    this.#first = Math.max(searchFrom, log.base)
    this.#raw = new Haystack(patterns, this.#first, firstListed, true)
  }

  get offset(): number {
    return this.#raw.offset
  }

  get atEnd(): boolean {
    const { end } = this.#log
    return this.#raw.offset === end || (this.#raw.offset > end - 4 && !this.#session.life.closed)
  }

  /** Searches the next slice. */
  step(): { match: Match; offset: number } | null {
    if (this.#raw.offset < this.#log.base) this.#raw.skipTo(this.#log.base)
    const bytes = this.#log.slice(this.#raw.offset, SLICE)
    const last = this.#session.life.closed && this.#raw.offset + bytes.length === this.#log.end
    const before = this.#raw.offset
    const found = this.#raw.add(bytes, last)
    if (found) return found
    if (!this.#plain && bytes.includes(ESC)) this.#plain = this.#plainFrom(before)
    return this.#plain && this.#catchUp(this.#plain, last)
  }

  /** Starts early enough to contain a match that begins before the first sequence. */
  #plainFrom(at: number): Haystack {
    const from = Math.max(this.#first, this.#log.base, at - OVERLAP)
    return new Haystack(this.#patterns, from, firstListed)
  }

  #catchUp(plain: Haystack, last: boolean): { match: Match; offset: number } | null {
    if (plain.offset < this.#log.base) plain.skipTo(this.#log.base)
    while (plain.offset < this.#raw.offset) {
      const before = plain.offset
      const length = Math.min(SLICE, this.#raw.offset - before)
      const found = plain.add(this.#log.slice(before, length), last && before + length === this.#raw.offset)
      if (found) return found
      if (plain.offset > before) continue
      if (length < SLICE) return null
      // a sequence that never ends is treated as text
      plain.skipTo(before + 2)
    }
    return null
  }
}

/** Returns the match and all output after it, up to `max`. Text before the match is cut first. */
function matched(
  session: Session,
  log: ByteLog,
  request: SearchRequest,
  match: Match,
  end: number,
): TextMatch {
  const from = tailStart(log, request, end)
  const { text, next } = readText(log, from, Math.max(request.max, end - from), session.life.closed)
  const matchEnd = decode(log.slice(from, end - from)).length
  return { pattern: match.pattern, text, matchEnd, next }
}

function unmatched(session: Session, log: ByteLog, request: SearchRequest, searched: number): TextMatch {
  const to = Math.max(searched, request.from)
  const from = tailStart(log, request, to)
  if (from >= to) return { pattern: null, text: "", matchEnd: null, next: to }
  const { text, next } = readText(log, from, to - from, session.life.closed)
  return { pattern: null, text, matchEnd: null, next }
}

/** Returns where the last `max` bytes before `to` start, at a character boundary. */
function tailStart(log: ByteLog, { from, max }: SearchRequest, to: number): number {
  const start = Math.max(from, log.base, to - max)
  return start > from ? start + characterRest(log.slice(start, 3)) : start
}
