// Waiting for text in a stream: everything that comes is searched once, in short turns, and nothing is consumed before the end.

import { characterRest, decode } from "../../core/lib/text.ts"
import { nextTurn, turnOver } from "../../core/lib/turns.ts"
import type { ByteLog } from "../../core/log/log.ts"
import { textOf } from "../../core/log/text.ts"
import type { Session } from "../../core/session/session.ts"
import { firstListed, Haystack, type Match, OVERLAP, type Pattern } from "../../ops/output/match.ts"

/** Output searched at once, in bytes: some ms of a slow expression. */
const SLICE = 65536
const ESC = 0x1b

export type Wanted = {
  /** What is returned begins here, what may match here. */
  from: number
  searchFrom: number
  patterns: Pattern[]
  max: number
  /** On the clock of `performance.now()`. */
  deadline: number
  signal: AbortSignal
}

/** `matchEnd` counts UTF-16 units of `text`; everything before `next` belongs to this call. */
export type TextMatch = { pattern: string | null; text: string; matchEnd: number | null; next: number }

/** Resolves with the match, or without one at the deadline or the session's end; with null when the caller went away. */
export async function waitForText(session: Session, log: ByteLog, wanted: Wanted): Promise<TextMatch | null> {
  const search = new Search(session, log, wanted)
  for (;;) {
    if (wanted.signal.aborted) return null
    const found = search.step()
    if (found) return matched(session, log, wanted, found.match, found.offset)
    const left = wanted.deadline - performance.now()
    if (search.atEnd ? session.life.closed || left <= 0 : left <= 0)
      return unmatched(session, log, wanted, search.offset)
    if (search.atEnd) await session.changed.wait(wanted.signal, left)
    else if (turnOver()) await nextTurn()
  }
}

/** The output as it is, and, once there are escape sequences in it, also without them. */
class Search {
  #session: Session
  #log: ByteLog
  #patterns: Pattern[]
  #raw: Haystack
  #plain: Haystack | null = null
  #first: number

  constructor(session: Session, log: ByteLog, { searchFrom, patterns }: Wanted) {
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

  /** Looks at the next slice. */
  step(): { match: Match; offset: number } | null {
    if (this.#raw.offset < this.#log.base) this.#raw.skipTo(this.#log.base)
    const bytes = this.#log.slice(this.#raw.offset, SLICE)
    const last = this.#session.life.closed && this.#raw.offset + bytes.length === this.#log.end
    const before = this.#raw.offset
    const found = this.#raw.add(bytes, last)
    if (found) return found
    if (!this.#plain && bytes.includes(ESC)) this.#plain = this.#stripped(before)
    return this.#plain && this.#catchUp(this.#plain, last)
  }

  /** From far enough back that a match which began before the first sequence is whole. */
  #stripped(at: number): Haystack {
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
      // a sequence that does not end is no sequence
      plain.skipTo(before + 2)
    }
    return null
  }
}

/** The match and all output that came behind it, as far as `max` goes; what comes before it gives way. */
function matched(session: Session, log: ByteLog, wanted: Wanted, match: Match, end: number): TextMatch {
  const from = beginning(log, wanted, end)
  const { text, next } = textOf(log, from, Math.max(wanted.max, end - from), session.life.closed)
  const matchEnd = decode(log.slice(from, end - from)).length
  return { pattern: match.pattern, text, matchEnd, next }
}

function unmatched(session: Session, log: ByteLog, wanted: Wanted, searched: number): TextMatch {
  const to = Math.max(searched, wanted.from)
  const from = beginning(log, wanted, to)
  if (from >= to) return { pattern: null, text: "", matchEnd: null, next: to }
  const { text, next } = textOf(log, from, to - from, session.life.closed)
  return { pattern: null, text, matchEnd: null, next }
}

/** Where the last `max` bytes before `to` begin, at a character. */
function beginning(log: ByteLog, { from, max }: Wanted, to: number): number {
  const start = Math.max(from, log.base, to - max)
  return start > from ? start + characterRest(log.slice(start, 3)) : start
}
