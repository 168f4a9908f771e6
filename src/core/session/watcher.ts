// Looks at a session's output from the side, a few times a second at most: titles, and queries that no terminal is there to answer.

import { bracketedPasteOf, eachEscape, type Query, queryOf, titleOf } from "../lib/escapes.ts"
import type { ByteLog } from "../log/log.ts"

/** What is watched: a session, or what holds one. */
export interface Watched {
  readonly log: ByteLog
  readonly tty: boolean
  readonly viewers: { readonly answered: boolean }
  answer(text: string): void
  setTitle(title: string): void
}

/** Pause between looks. A program that asks its terminal something waits for the answer, so it is not missed; a flood is. */
const PAUSE_MS = 25
/** How much of the newest output one look reads, in bytes: bounds the cost under a flood to a few MB/s. */
export const WINDOW = 65536

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
  #watched: Watched
  #seen = 0
  #timer: ReturnType<typeof setTimeout> | undefined

  /** What was printed before is an earlier process's. */
  constructor(watched: Watched) {
    this.#watched = watched
    this.#seen = watched.log.end
  }

  /** There is new output. Constant time: the look comes later. */
  noticed(): void {
    if (this.#timer === undefined) this.#timer = setTimeout(() => this.look(), PAUSE_MS)
  }

  look(): void {
    this.stop()
    const { log } = this.#watched
    const from = Math.max(this.#seen, log.base, log.end - WINDOW)
    const bytes = log.slice(from, log.end - from)
    const used = eachEscape(bytes, (start, end) => this.#found(bytes, start, end))
    this.#seen = from + used
  }

  stop(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
  }

  /** Learns from output of an earlier life what still holds; nothing in it is answered. */
  recall(bytes: Uint8Array): void {
    eachEscape(bytes, (start, end) => this.#learn(bytes, start, end))
  }

  #learn(bytes: Uint8Array, start: number, end: number): void {
    const title = titleOf(bytes, start, end)
    if (title !== null) return this.#watched.setTitle(title)
    const paste = bracketedPasteOf(bytes, start, end)
    if (paste !== null) this.bracketedPaste = paste
  }

  #found(bytes: Uint8Array, start: number, end: number): void {
    this.#learn(bytes, start, end)
    if (!this.#watched.tty || this.#watched.viewers.answered) return
    const query = queryOf(bytes, start, end)
    const answer = query && ANSWERS[query]
    if (answer) this.#watched.answer(answer)
  }
}
