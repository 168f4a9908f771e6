// The consuming reader of one stream of a session: each byte is returned once.

import { decode, wholeCharacters } from "../../core/lib/text.ts"
import type { ByteLog } from "../../core/log/log.ts"
import type { Session } from "../../core/session/session.ts"
import { ReadQueue } from "./read-queue.ts"

/** Most bytes that one call returns. */
export const MAX_READ_BYTES = 1 << 20
/** The longest UTF-8 character. */
const MAX_CHARACTER_BYTES = 4

/** Bytes lost to the reader: trimmed from the log before they were read, or over the output rate. */
export type Loss = { trimmed: number; throttled: number }
export type TextChunk = { text: string; from: number; next: number }

export class StreamReader {
  readonly session: Session
  readonly log: ByteLog
  readonly queue = new ReadQueue()
  /** Where the next consuming call starts. */
  offset: number
  #throttled: number
  #loss: Loss = { trimmed: 0, throttled: 0 }

  constructor(session: Session, log: ByteLog, from: number) {
    this.session = session
    this.log = log
    this.offset = from
    this.#throttled = session.allowed.output.refused
  }

  /** The number of retained bytes that were not consumed. */
  get unread(): number {
    return this.log.end - this.#start
  }

  /** Whether a read would return text. The first bytes of an incomplete character are not enough. */
  get ready(): boolean {
    const { log, session } = this
    return this.#start < log.end && cutLength(log, this.#start, MAX_CHARACTER_BYTES, session.life.closed) > 0
  }

  /** The first unread byte that is still available. */
  get #start(): number {
    return Math.max(this.offset, this.log.base)
  }

  /** Consumes at most `max` bytes, in whole characters. */
  take(max: number): TextChunk {
    const chunk = readText(this.log, this.#start, max, this.session.life.closed)
    this.advance(chunk.next)
    return chunk
  }

  /** Marks everything before `to` as consumed. Trimmed bytes among it count as lost. */
  advance(to: number): void {
    this.#loss.trimmed += Math.max(0, this.log.base - this.offset)
    this.offset = Math.max(to, this.#start)
  }

  /** Returns the loss since the previous call. */
  takeLoss(): Loss {
    const { refused } = this.session.allowed.output
    const loss = { ...this.#loss, throttled: refused - this.#throttled }
    this.#throttled = refused
    this.#loss = { trimmed: 0, throttled: 0 }
    return loss
  }
}

/**
 * Returns the text at `from`: at most `max` bytes, but at least one whole character. An incomplete
 * character at the end of the log is included only with `last`.
 */
export function readText(log: ByteLog, from: number, max: number, last: boolean): TextChunk {
  const length = cutLength(log, from, max, last)
  return { text: decode(log.slice(from, length)), from, next: from + length }
}

function cutLength(log: ByteLog, from: number, max: number, last: boolean): number {
  const bytes = log.slice(from, max)
  if (last && from + bytes.length === log.end) return bytes.length
  return wholeCharacters(bytes) || firstCharacterLength(log, from, last)
}

function firstCharacterLength(log: ByteLog, from: number, last: boolean): number {
  const bytes = log.slice(from, MAX_CHARACTER_BYTES)
  for (let length = 1; length <= bytes.length; length++)
    if (wholeCharacters(bytes.subarray(0, length)) === length) return length
  return last ? bytes.length : 0
}
