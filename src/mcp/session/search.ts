// Text search in a stream: each byte is searched once as it arrives, and nothing is consumed.

import { characterRest, decode } from "../../core/lib/text.ts"
import { nextTurn, turnOver } from "../../core/lib/turns.ts"
import type { ByteLog } from "../../core/log/log.ts"
import { textOf } from "../../core/log/text.ts"
import type { Session } from "../../core/session/session.ts"
import { firstListed, Haystack, type Match, OVERLAP, type Pattern } from "../../ops/output/match.ts"

/** Bytes searched at a time: a few ms with a slow expression. */
const SLICE = 65536
const ESC = 0x1b

type SearchRequest = {
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

/** Resolves with a match, without one at the deadline or the session's end, or with null after an abort. */
export async function waitForText(session: Session, log: ByteLog, request: SearchRequest) {
  const search = new Search(session, log, request)
  for (;;) {
    if (request.signal.aborted) return null
    const match = search.step()
    if (match) return match
    const left = request.deadline - performance.now()
    if (left <= 0 || (search.atEnd && session.life.closed)) return search.noMatch()
    if (search.atEnd) await session.changed.wait(request.signal, left)
    else if (turnOver()) await nextTurn()
  }
}

/** Searches the raw output and, after the first escape sequence, also the output without sequences. */
class Search {
  #session: Session
  #log: ByteLog
  #request: SearchRequest
  #raw: Haystack
  #plain: Haystack | null = null
  #first: number

  constructor(session: Session, log: ByteLog, request: SearchRequest) {
    this.#session = session
    this.#log = log
    this.#request = request
    this.#first = Math.max(request.searchFrom, log.base)
    this.#raw = new Haystack(request.patterns, this.#first, firstListed, true)
  }

  get #closed(): boolean {
    return this.#session.life.closed
  }

  get atEnd(): boolean {
    const { end } = this.#log
    return this.#raw.offset === end || (this.#raw.offset > end - 4 && !this.#closed)
  }

  step(): TextMatch | null {
    if (this.#raw.offset < this.#log.base) this.#raw.skipTo(this.#log.base)
    const bytes = this.#log.slice(this.#raw.offset, SLICE)
    const last = this.#closed && this.#raw.offset + bytes.length === this.#log.end
    const before = this.#raw.offset
    let found = this.#raw.add(bytes, last)
    if (!found && !this.#plain && bytes.includes(ESC)) this.#plain = this.#plainFrom(before)
    if (!found && this.#plain) found = this.#catchUp(this.#plain, last)
    return found && this.#matched(found.match, found.offset)
  }

  /** Starts early enough to contain a match that begins before the first sequence. */
  #plainFrom(at: number): Haystack {
    const from = Math.max(this.#first, this.#log.base, at - OVERLAP)
    return new Haystack(this.#request.patterns, from, firstListed)
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

  /** Returns the match and all output after it, up to `max`. Text before the match is cut first. */
  #matched({ pattern }: Match, end: number): TextMatch {
    const from = this.#tailStart(end)
    const { text, next } = textOf(this.#log, from, Math.max(this.#request.max, end - from), this.#closed)
    const matchEnd = decode(this.#log.slice(from, end - from)).length
    return { pattern, text, matchEnd, next }
  }

  /** Returns the output that was searched, up to `max`. */
  noMatch(): TextMatch {
    const to = Math.max(this.#raw.offset, this.#request.from)
    const from = this.#tailStart(to)
    if (from >= to) return { pattern: null, text: "", matchEnd: null, next: to }
    const { text, next } = textOf(this.#log, from, to - from, this.#closed)
    return { pattern: null, text, matchEnd: null, next }
  }

  /** Returns where the last `max` bytes before `to` start, at a character boundary. */
  #tailStart(to: number): number {
    const { from, max } = this.#request
    const start = Math.max(from, this.#log.base, to - max)
    return start > from ? start + characterRest(this.#log.slice(start, 3)) : start
  }
}
