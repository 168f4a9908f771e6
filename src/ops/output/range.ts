// Ranges of a session for export: between two offsets or times, or the whole session and what follows.

import { PtylineError } from "../../core/lib/errors.ts"
import { timelineOf } from "../../core/log/timeline.ts"
import type { TimelineEntry } from "../../core/log/timeline-entry.ts"
import type { Size } from "../../core/session/backend.ts"
import type { Session } from "../../core/session/session.ts"
import { startOf } from "./read.ts"

/** `since` and `until` are in ms since the epoch. Both kinds of bounds apply. */
export type RangeRequest = { from?: number; to?: number; since?: number; until?: number; follow: boolean }

/** The timeline of a range. `size` and `at` are the terminal's size and the time at its start. */
export type SessionSlice = {
  session: Session
  size: Size
  at: number
  batches: AsyncIterable<TimelineEntry[]>
}

/** Throws `invalid_input` for a range that ends before it starts. */
export function checkRange(session: Session, { from, to, since, until }: RangeRequest): void {
  const start = startOf(session.output.reach, from)
  if (to !== undefined && Math.min(to, session.log.end) < start)
    throw new PtylineError("invalid_input", `to is ${to}, before from, which is ${start}`)
  if (since !== undefined && until !== undefined && until < since)
    throw new PtylineError("invalid_input", "until is before since")
}

/** Opens a range. Its batches end with the range, with a followed session, or when `signal` aborts. */
export async function openSlice(
  session: Session,
  request: RangeRequest,
  signal: AbortSignal,
): Promise<SessionSlice> {
  checkRange(session, request)
  const from = startOf(session.output.reach, request.from)
  const to = request.follow ? (request.to ?? null) : Math.min(request.to ?? session.log.end, session.log.end)
  const size = (await session.output.archive?.sizeAt(from)) ?? session.output.marks.sizeAt(from)
  const filter = new TimeFilter(size, request)
  const batches = filter.batches(timelineOf(session, { from, to, signal }))
  const first = await batches.next()
  const opening = first.done ? [] : first.value
  const startedAt = opening[0]?.at ?? Date.now()
  // A recording of the whole session starts when the session was created.
  const whole = from === 0 && request.since === undefined
  const at = whole ? Math.min(session.createdAt.getTime(), startedAt) : startedAt
  return { session, size: filter.size, at, batches: chained(opening, batches) }
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

/** Leaves out entries before and after the requested times, and keeps track of the terminal's size. */
class TimeFilter {
  size: Size
  readonly #since: number
  readonly #until: number
  #now: Size
  #started = false

  constructor(size: Size, { since, until }: RangeRequest) {
    this.size = size
    this.#now = size
    this.#since = since ?? Number.NEGATIVE_INFINITY
    this.#until = until ?? Number.POSITIVE_INFINITY
  }

  async *batches(all: AsyncGenerator<TimelineEntry[]>): AsyncGenerator<TimelineEntry[]> {
    for await (const batch of all) {
      const kept = batch.filter(entry => this.#keeps(entry))
      // Batches before the start are dropped. An empty batch is passed on: nothing more is available now.
      if (this.#started || batch.length === 0) yield kept
      if ((batch.at(-1)?.at ?? 0) > this.#until) return
    }
  }

  #keeps(entry: TimelineEntry): boolean {
    if (entry.type === "resize" && !this.#resized(entry)) return false
    const kept = entry.at >= this.#since && entry.at <= this.#until
    this.#started ||= kept
    return kept
  }

  /** Returns false if the size does not change, as with most first entries on disk. */
  #resized({ cols, rows, at }: Size & { at: number }): boolean {
    if (cols === this.#now.cols && rows === this.#now.rows) return false
    this.#now = { cols, rows }
    if (!this.#started && at <= this.#since) this.size = this.#now
    return true
  }
}
