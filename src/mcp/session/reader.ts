// The consuming reader of one stream of a session: each byte is returned once.

import type { ByteLog } from "../../core/log/log.ts"
import { hasText, type TextPiece, textOf } from "../../core/log/text.ts"
import type { Session } from "../../core/session/session.ts"
import { ReadQueue } from "./read-queue.ts"

/** Most bytes that one call returns. */
export const MAX_READ_BYTES = 1 << 20

/** Bytes lost to the reader: trimmed from the log before they were read, or over the output rate. */
export type Loss = { trimmed: number; throttled: number }

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
    return hasText(log, this.#start, session.life.closed)
  }

  /** The first unread byte that is still available. */
  get #start(): number {
    return Math.max(this.offset, this.log.base)
  }

  /** Consumes at most `max` bytes, in whole characters. */
  take(max: number): TextPiece {
    const piece = textOf(this.log, this.#start, max, this.session.life.closed)
    this.advance(piece.next)
    return piece
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
