// Output from before a server restart: it is on disk only, but MOP retains it.

import { copyOf } from "../../../core/lib/memory.ts"
import { ByteLog } from "../../../core/log/log.ts"
import { LogReader } from "../../../core/log/reader.ts"
import type { Session } from "../../../core/session/session.ts"
import { MAX_RETAINED } from "./element-log.ts"

const PIECE = 256 << 10

/** A log of older output from disk, followed by the output of the session's log. */
export class History {
  readonly log: ByteLog
  readonly #source: ByteLog

  private constructor(source: ByteLog, start: number) {
    this.#source = source
    this.log = new ByteLog(source.limit, start)
  }

  /** Returns null when memory has all retained output. Unreadable output is left out. */
  static async of(session: Session): Promise<History | null> {
    const { log, archive, streams } = session.output
    const wanted = Math.max(archive?.base ?? 0, log.end - MAX_RETAINED)
    if (!archive || streams || log.base <= wanted) return null
    const history = new History(log, wanted)
    const reader = new LogReader(session)
    while (history.log.end < log.base) {
      const { offset, bytes } = await reader.read(
        history.log.end,
        Math.min(PIECE, log.base - history.log.end),
      )
      if (bytes.length === 0) break
      if (offset > history.log.end) history.log.skipTo(offset)
      history.log.append(copyOf(bytes))
    }
    history.catchUp()
    return history
  }

  catchUp(): void {
    if (this.log.end < this.#source.base) this.log.skipTo(this.#source.base)
    while (this.log.end < this.#source.end) this.log.append(this.#source.read(this.log.end, PIECE))
  }
}
