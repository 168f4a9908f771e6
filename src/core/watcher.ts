// Looks at a session's output from the side, a few times a second at most: titles, and queries that no terminal is there to answer.

import { bracketedPasteOf, eachEscape, type Query, queryOf, titleOf } from "./escapes.ts"
import type { Session } from "./session.ts"

/** Pause between looks. A program that asks its terminal something waits for the answer, so it is not missed; a flood is. */
const PAUSE_MS = 25
/** How much of the newest output one look reads, in bytes: bounds the cost under a flood to a few MB/s. */
const WINDOW = 65536

/** What a VT220-class terminal answers (ctlseqs: DA1, DA2, DSR 5, DSR 6). Asked only while nobody is attached. */
const ANSWERS: Partial<Record<Query, string>> = {
  da1: "\x1b[?62;22c",
  da2: "\x1b[>1;10;0c",
  status: "\x1b[0n",
  cursor: "\x1b[1;1R",
}

export class Watcher {
  /** Has the program asked for pasted text to be framed (DEC mode 2004)? As of the last look. */
  bracketedPaste = false
  #session: Session
  #seen = 0
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(session: Session) {
    this.#session = session
  }

  /** There is new output. Constant time: the look comes later. */
  noticed(): void {
    if (this.#timer === undefined) this.#timer = setTimeout(() => this.look(), PAUSE_MS)
  }

  look(): void {
    this.stop()
    const { log } = this.#session
    const from = Math.max(this.#seen, log.base, log.end - WINDOW)
    const bytes = log.slice(from, log.end - from)
    const used = eachEscape(bytes, (start, end) => this.#found(bytes, start, end))
    this.#seen = from + used
  }

  stop(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
  }

  #found(bytes: Uint8Array, start: number, end: number): void {
    const title = titleOf(bytes, start, end)
    if (title !== null) return this.#session.setTitle(title)
    const paste = bracketedPasteOf(bytes, start, end)
    if (paste !== null) this.bracketedPaste = paste
    if (!this.#session.tty || this.#session.answered) return
    const query = queryOf(bytes, start, end)
    const answer = query && ANSWERS[query]
    if (answer) this.#session.answer(answer)
  }
}
