// Following a session: one loop over offsets that serves replay and live output alike.

import type { Happening } from "./marks.ts"
import type { Exit, Session } from "./session.ts"

export type FollowEvent =
  | { type: "output"; from: number; bytes: Uint8Array }
  | { type: "gap"; from: number; to: number }
  | { type: "exit"; exit: Exit; end: number; tailOpen: boolean }
  | Happening

/** One piece is at most this long, so that a viewer far behind gets frames of a handy size. */
const PIECE = 65536

/**
 * Yields every byte from `from` on once and in order; a `gap` where the log no longer has what comes next; resizes and
 * titles at their place; and, strictly after the last byte, `exit`. Ends after that, on abort, or when the session is
 * removed. Whoever does not ask for the next piece costs nothing.
 */
export async function* follow(
  session: Session,
  from: number,
  signal?: AbortSignal,
): AsyncGenerator<FollowEvent> {
  const { log, marks } = session
  let cursor = Math.min(from, log.end)
  let sequence = marks.from(cursor)
  while (!signal?.aborted) {
    if (cursor < log.base) {
      const gap = { type: "gap" as const, from: cursor, to: log.base }
      cursor = log.base
      yield gap
      continue
    }
    const next = marks.get(sequence)
    if (next && next.offset <= cursor) {
      sequence = next.sequence + 1
      yield next.what
      continue
    }
    const bytes = log.read(cursor, next ? Math.min(PIECE, next.offset - cursor) : PIECE)
    if (bytes.byteLength > 0) {
      const piece = { type: "output" as const, from: cursor, bytes }
      cursor += bytes.byteLength
      yield piece
      continue
    }
    if (session.closed && session.exit) {
      yield { type: "exit", exit: session.exit, end: cursor, tailOpen: session.tailOpen }
      return
    }
    if (session.state === "removed") return
    await session.changed.wait(signal)
  }
}
