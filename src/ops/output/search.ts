// The operation search: finds lines in a session's output.

import { z } from "zod"
import { PtylineError } from "../../core/lib/errors.ts"
import { decode, stripEscapes } from "../../core/lib/text.ts"
import { nextTurn, turnOver } from "../../core/lib/turns.ts"
import { LogReader } from "../../core/log/reader.ts"
import type { Session } from "../../core/session/session.ts"
import { operation } from "../operation.ts"
import { From, SessionRef } from "../shapes.ts"
import { literal, type Pattern, regex } from "./match.ts"
import { startOf } from "./read.ts"

const DEADLINE_MS = 5000
/** Longer lines are searched in parts of this many bytes. */
const LONGEST_LINE = 8192

const SearchLine = z.object({
  offset: z.int().describe("log offset of the line"),
  text: z.string(),
})
type SearchLine = z.infer<typeof SearchLine>
const SearchHit = SearchLine.extend({
  start: z.int().describe("start of the match in the text, in UTF-16 units"),
  end: z.int(),
  before: z.array(SearchLine),
  after: z.array(SearchLine),
})
type SearchHit = z.infer<typeof SearchHit>
const Answer = z.object({
  matches: z.array(SearchHit),
  from: z.int().describe("offset where the search started"),
  next: z.int().nullable().describe("offset of the next search; null when all output was searched"),
})

export const search = operation({
  name: "search",
  session: "id",
  summary: "Find lines in a session's output, without escape sequences",
  access: "view",
  input: z.strictObject({
    id: SessionRef,
    q: z.string().min(1).max(4096).optional().describe("a text that the line contains"),
    regex: z.string().min(1).max(1024).optional().describe("an RE2 expression that matches in the line"),
    context: z.int().min(0).max(20).default(0).describe("lines before and after each match"),
    limit: z.int().min(1).max(1000).default(100).describe("return at most this many matches"),
    from: From,
  }),
  output: Answer,
  http: { method: "GET", path: "/v1/sessions/:id/search" },
  cli: {
    name: "search",
    words: ["id", "q"],
    print: ({ matches }) => matches.map(shown).join(""),
    exit: ({ matches }) => (matches.length > 0 ? 0 : 1),
    note: ({ next }) => (next === null ? null : `there may be more; continue with --from ${next}`),
  },
  run: ({ sessions, signal }, { id, q, regex: expression, context, limit, from }) => {
    if ((q === undefined) === (expression === undefined))
      throw new PtylineError("invalid_input", "give exactly one of q and regex")
    const session = sessions.get(id)
    const pattern = q === undefined ? regex(expression!) : literal(q)
    return new Search(session, pattern, context, limit).run(startOf(session.output.reach, from), signal)
  },
})

const shown = ({ offset, text, before, after }: SearchHit): string =>
  [...before.map(line => `${line.offset}-${line.text}\n`), `${offset}:${text}\n`]
    .concat(after.map(line => `${line.offset}-${line.text}\n`))
    .join("")

class Search {
  readonly #session: Session
  readonly #lookback: LogReader
  readonly #pattern: Pattern
  readonly #context: number
  readonly #limit: number
  readonly #matches: SearchHit[] = []
  #before: SearchLine[] = []

  constructor(session: Session, pattern: Pattern, context: number, limit: number) {
    this.#session = session
    this.#lookback = new LogReader(session)
    this.#pattern = pattern
    this.#context = context
    this.#limit = limit
  }

  /** Searches the current log. Yields to other work, and stops at the deadline. */
  async run(from: number, signal: AbortSignal): Promise<z.infer<typeof Answer>> {
    const { end } = this.#session.log
    const deadline = performance.now() + DEADLINE_MS
    let at = from
    while (at < end && !this.#full()) {
      const line = await this.#lineAt(at, end)
      if (line.length > 0) this.#look(line)
      at = line.length > 0 ? line.offset + line.length : end
      if (!turnOver()) continue
      await nextTurn()
      if (performance.now() > deadline || signal.aborted) break
    }
    return { matches: this.#matches.slice(0, this.#limit), from, next: at < end ? this.#next(at) : null }
  }

  /** The search goes one match past the limit, to complete the context of the last match. */
  #next(at: number): number {
    return this.#matches[this.#limit]?.offset ?? at
  }

  #full(): boolean {
    const last = this.#matches[this.#limit - 1]
    return this.#matches.length > this.#limit || (last !== undefined && last.after.length >= this.#context)
  }

  /** Returns the line at `at`, or after a gap there. It ends at CR, LF or `end`. Empty at the end. */
  async #lineAt(at: number, end: number): Promise<SearchLine & { length: number }> {
    const { offset, bytes: all } = await this.#lookback.read(at, LONGEST_LINE)
    const bytes = all.subarray(0, Math.max(0, end - offset))
    const stop = bytes.findIndex(byte => byte === 0x0a || byte === 0x0d)
    const length = stop < 0 ? bytes.length : stop
    const ending = stop < 0 ? 0 : bytes[stop] === 0x0d && bytes[stop + 1] === 0x0a ? 2 : 1
    const text = decode(stripEscapes(bytes.subarray(0, length), true).bytes)
    return { offset, text, length: length + ending }
  }

  #look({ offset, text }: SearchLine): void {
    const line = { offset, text }
    for (let i = this.#matches.length - 1; i >= 0 && this.#matches[i]!.after.length < this.#context; i--)
      this.#matches[i]!.after.push(line)
    const found = this.#pattern.find(line.text)
    if (found)
      this.#matches.push({ ...line, start: found.start, end: found.end, before: this.#before, after: [] })
    this.#before = this.#context === 0 ? [] : [...this.#before, line].slice(-this.#context)
  }
}
