// The consuming reader of one stream of a session: what is new since the last read, each byte once.

import type { ByteLog } from "../../core/log/log.ts"
import { hasText, type TextPiece, textOf } from "../../core/log/text.ts"
import type { Session } from "../../core/session/session.ts"
import { ReadQueue } from "./read-queue.ts"

/** Most that one call gives, in bytes. */
export const MOST = 1 << 20

/** Bytes that no reader will see: too old to be kept, or above the output's rate. */
export type Loss = { trimmed: number; throttled: number }

export class StreamReader {
  readonly session: Session
  readonly log: ByteLog
  readonly order = new ReadQueue()
  /** Where the next consuming call begins. */
  offset: number
  #throttled: number
  #loss: Loss = { trimmed: 0, throttled: 0 }

  constructor(session: Session, log: ByteLog, from: number) {
    this.session = session
    this.log = log
    this.offset = from
    this.#throttled = session.allowed.output.refused
  }

  /** Bytes that were not consumed and can be. */
  get unread(): number {
    return this.log.end - Math.max(this.offset, this.log.base)
  }

  /** Is there something to give now? The first bytes of a character alone are not. */
  get ready(): boolean {
    return hasText(this.log, this.#from, this.session.life.closed)
  }

  /** The first byte that is still to be had. */
  get #from(): number {
    return Math.max(this.offset, this.log.base)
  }

  /** Consumes at most `max` bytes, whole characters. */
  take(max: number): TextPiece {
    const piece = textOf(this.log, this.#from, max, this.session.life.closed)
    this.advance(piece.next)
    return piece
  }

  /** Everything before `to` is consumed; what of it was not there any more is a loss. */
  advance(to: number): void {
    this.#loss.trimmed += Math.max(0, this.log.base - this.offset)
    this.offset = Math.max(to, this.#from)
  }

  /** What was lost since this was asked last. */
  losses(): Loss {
    const { refused } = this.session.allowed.output
    const loss = { ...this.#loss, throttled: refused - this.#throttled }
    this.#throttled = refused
    this.#loss = { trimmed: 0, throttled: 0 }
    return loss
  }
}
