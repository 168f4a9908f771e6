// A part of a session to be exported: between two offsets, between two times, or all of it and what is still to come.

import { PtylineError } from "../../core/lib/errors.ts"
import { type TimelineEntry, timelineOf } from "../../core/log/timeline.ts"
import type { Size } from "../../core/session/backend.ts"
import type { Session } from "../../core/session/session.ts"
import { startOf } from "./read.ts"

/** Offsets as everywhere; `since` and `until` in ms since the epoch, the later bound counts. */
export type RangeRequest = { from?: number; to?: number; since?: number; until?: number; follow: boolean }

/** What happened in a part of a session; `size` and `at` are the terminal's size and the time at its beginning. */
export type SessionSlice = {
  session: Session
  size: Size
  at: number
  batches: AsyncIterable<TimelineEntry[]>
}

/** Throws `invalid_input` for a range that ends before it begins. */
export function checkRange(session: Session, { from, to, since, until }: RangeRequest): void {
  const start = startOf(session.output.reach, from)
  if (to !== undefined && Math.min(to, session.log.end) < start)
    throw new PtylineError("invalid_input", `to is ${to}, before from, which is ${start}`)
  if (since !== undefined && until !== undefined && until < since)
    throw new PtylineError("invalid_input", "until is before since")
}

/** Opens what was wished for. Ends with the range, or with the session when it is followed; or when `signal` aborts. */
export async function openSlice(
  session: Session,
  wish: RangeRequest,
  signal: AbortSignal,
): Promise<SessionSlice> {
  checkRange(session, wish)
  const from = startOf(session.output.reach, wish.from)
  const to = wish.follow ? (wish.to ?? null) : Math.min(wish.to ?? session.log.end, session.log.end)
  const size = (await session.output.archive?.sizeAt(from)) ?? session.output.marks.sizeAt(from)
  const within = new TimeFilter(size, wish)
  const batches = within.batches(timelineOf(session, { from, to, signal }))
  const begun = await batches.next()
  const opening = begun.done ? [] : begun.value
  const first = opening[0]?.at ?? Date.now()
  // a recording from the very beginning counts from when the session was made
  const whole = from === 0 && wish.since === undefined
  const at = whole ? Math.min(session.createdAt.getTime(), first) : first
  return { session, size: within.size, at, batches: chained(opening, batches) }
}

async function* chained(
  first: TimelineEntry[],
  rest: AsyncGenerator<TimelineEntry[]>,
): AsyncGenerator<TimelineEntry[]> {
  try {
    yield first
    yield* rest
  } finally {
    await rest.return(undefined)
  }
}

/** Leaves out what was before and after the wished times, but not what size the terminal had by then. */
class TimeFilter {
  size: Size
  readonly #since: number
  readonly #until: number
  #now: Size
  #begun = false

  constructor(size: Size, { since, until }: RangeRequest) {
    this.size = size
    this.#now = size
    this.#since = since ?? Number.NEGATIVE_INFINITY
    this.#until = until ?? Number.POSITIVE_INFINITY
  }

  async *batches(all: AsyncGenerator<TimelineEntry[]>): AsyncGenerator<TimelineEntry[]> {
    for await (const batch of all) {
      const kept = batch.filter(moment => this.#keeps(moment))
      // what there was before the beginning is not worth a word, that there is nothing now is
      if (this.#begun || batch.length === 0) yield kept
      if ((batch.at(-1)?.at ?? 0) > this.#until) return
    }
  }

  #keeps(moment: TimelineEntry): boolean {
    if (moment.type === "resize" && !this.#resized(moment)) return false
    const kept = moment.at >= this.#since && moment.at <= this.#until
    this.#begun ||= kept
    return kept
  }

  /** False when it is the size that there is already, as the first one on disk mostly is. */
  #resized({ cols, rows, at }: Size & { at: number }): boolean {
    if (cols === this.#now.cols && rows === this.#now.rows) return false
    this.#now = { cols, rows }
    if (!this.#begun && at <= this.#since) this.size = this.#now
    return true
  }
}
