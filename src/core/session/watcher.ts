// Output watcher: scans new output for titles, modes, and queries that no terminal answers.

import { bracketedPasteOf, eachEscape, type Query, queryOf, titleOf } from "../lib/escapes.ts"
import type { ByteLog } from "../log/log.ts"

export interface Watched {
  readonly log: ByteLog
  readonly tty: boolean
  readonly viewers: { readonly answered: boolean }
  answer(text: string): void
  setTitle(title: string): void
}

/** Time from new output to its scan. No query is missed: its program waits for the answer. */
const PAUSE_MS = 25
/** How much of the newest output one scan reads, in bytes: limits the cost in a flood to a few MB/s. */
export const SCAN_WINDOW = 65536

/** Answers of a VT220-class terminal (ctlseqs: DA1, DA2, DSR 5, DSR 6). */
const ANSWERS: Partial<Record<Query, string>> = {
  da1: "\x1b[?62;22c",
  da2: "\x1b[>1;10;0c",
  status: "\x1b[0n",
  cursor: "\x1b[1;1R",
}

export class Watcher {
  /** Whether the program turned on bracketed paste (DEC mode 2004), as of the last scan. */
  bracketedPaste = false
  #watched: Watched
  #scanned = 0
  #timer: ReturnType<typeof setTimeout> | undefined

  /** Does not scan earlier output: it belongs to an earlier process. */
  constructor(watched: Watched) {
    this.#watched = watched
    this.#scanned = watched.log.end
  }

  /** Schedules a scan. Constant time. */
  schedule(): void {
    if (this.#timer === undefined) this.#timer = setTimeout(() => this.scan(), PAUSE_MS)
  }

  /** Scans the output since the last scan now. */
  scan(): void {
    this.stop()
    const { log } = this.#watched
    const from = Math.max(this.#scanned, log.base, log.end - SCAN_WINDOW)
    const bytes = log.slice(from, log.end - from)
    const used = eachEscape(bytes, (start, end) => this.#found(bytes, start, end))
    this.#scanned = from + used
  }

  stop(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
  }

  /** Takes title and modes from the output of an earlier life. Answers nothing in it. */
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
