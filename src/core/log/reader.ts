// Reading a session's output at any offset that is kept: from memory, or from disk in large pieces.

import type { Session } from "../session/session.ts"

/** Fetched from disk at a time, in bytes. */
const PIECE = 256 << 10
const EMPTY = new Uint8Array(0)

type Piece = { offset: number; bytes: Uint8Array }

export class LogReader {
  readonly #session: Session
  #piece: Piece = { offset: 0, bytes: EMPTY }

  constructor(session: Session) {
    this.#session = session
  }

  /**
   * `length` bytes from `offset` on, fewer only before a gap and at the end. Where `offset` is no longer kept it answers from
   * the next byte that is: the `offset` of the answer. Past the end it is empty.
   */
  async read(offset: number, length: number): Promise<Piece> {
    const { log, archive } = this.#session.output
    const at = Math.max(offset, this.#session.output.base)
    if (at >= log.base || !archive)
      return { offset: Math.max(at, log.base), bytes: log.slice(Math.max(at, log.base), length) }
    const have = this.#have(at, length)
    if (have.bytes.length >= length) return have
    this.#piece = await archive.read(at, Math.max(PIECE, length))
    if (this.#piece.bytes.length === 0) return { offset: log.base, bytes: log.slice(log.base, length) }
    return this.#have(Math.max(at, this.#piece.offset), length)
  }

  #have(at: number, length: number): Piece {
    const from = at - this.#piece.offset
    return { offset: at, bytes: from < 0 ? EMPTY : this.#piece.bytes.subarray(from, from + length) }
  }
}
