// The replay for a new socket: the newest output as text, from a clean start and without terminal queries.

import { eachEscape, onlyLive } from "../../core/lib/escapes.ts"
import { characterRest, decode } from "../../core/lib/text.ts"
import type { Chunk } from "../../core/log/archive.ts"
import { LogReader } from "../../core/log/reader.ts"
import type { Session } from "../../core/session/session.ts"

export const REPLAY = 65536
/** Bytes before the replay that are searched for a sequence that reaches into it. */
const CONTEXT = 65536

/** Reads the part of the replay that is no longer in memory. Returns null when nothing is missing. */
export function olderPart(session: Session): Promise<Chunk> | null {
  const { archive, log } = session.output
  const from = Math.max(0, log.end - REPLAY - CONTEXT)
  if (!archive || log.base <= from) return null
  return new LogReader(session).read(from, log.base - from)
}

/** Returns the output before `end`, at most `REPLAY` bytes. `older` precedes the bytes in memory. */
export function replayText({ log }: Session, older: Chunk | null, end: number): string {
  const from = Math.max(log.base, end - REPLAY - CONTEXT)
  const recent = log.slice(from, end - from)
  const joins = older !== null && older.offset + older.bytes.length === from
  const bytes = joins ? new Uint8Array(Buffer.concat([older.bytes, recent])) : recent
  const begun = end - bytes.length === 0
  const start = Math.max(0, bytes.length - REPLAY)
  return decode(withoutQueries(bytes.subarray(start === 0 && begun ? 0 : cleanStart(bytes, start))))
}

/** Returns the first offset from `at` on that is inside no escape sequence and no character. */
export function cleanStart(bytes: Uint8Array, at: number): number {
  let start = at
  eachEscape(bytes, (from, to) => {
    if (from < at && to > at) start = to
  })
  return start + characterRest(bytes.subarray(start))
}

function withoutQueries(bytes: Uint8Array): Uint8Array {
  const kept: Uint8Array[] = []
  let from = 0
  eachEscape(bytes, (start, end) => {
    if (!onlyLive(bytes, start, end)) return
    kept.push(bytes.subarray(from, start))
    from = end
  })
  return from === 0 ? bytes : Buffer.concat([...kept, bytes.subarray(from)])
}
