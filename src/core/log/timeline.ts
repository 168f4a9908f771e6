// A session's timeline: everything that happened to it, from disk, then from memory, then live.

import type { Archive } from "./archive.ts"
import type { Followed } from "./follow.ts"
import type { Mark, MarkEvent } from "./marks.ts"
import { BATCH, MemoryTimeline } from "./memory-timeline.ts"
import { entryEnd, type TimelineEntry } from "./timeline-entry.ts"

/** From offset `from` to offset `to`, or with `null` until the session ends. */
type TimelineRange = { from: number; to: number | null; signal?: AbortSignal | undefined }

/**
 * Yields batches small enough to handle in one go. An empty batch says that nothing is available now. The
 * exit is the last entry of a range that reaches the end of an ended session. Bytes that are no longer
 * available are left out.
 */
export async function* timelineOf(
  session: Followed,
  { from, to, signal }: TimelineRange,
): AsyncGenerator<TimelineEntry[]> {
  const { archive, log } = session.output
  const filter = new Deduplicator()
  const edge = Math.min(to ?? log.end, log.end)
  let at = from
  if (archive)
    for await (const batch of batches(fromArchive(session, archive, from, edge))) {
      if (signal?.aborted) return
      at = Math.max(at, entryEnd(batch.at(-1)!))
      yield batch.filter(entry => filter.isNew(entry))
    }
  filter.memoryFrom(edge)
  for await (const batch of fromMemory(session, Math.max(at, Math.min(from, edge)), to, signal))
    yield batch.filter(entry => filter.isNew(entry))
}

/** Removes entries that both disk and memory have where one ends and the other begins. */
class Deduplicator {
  #last = { resize: "", title: "", relaunch: "" }
  #exits = 0
  #lastInputAt = Number.NEGATIVE_INFINITY
  #edge = Number.POSITIVE_INFINITY

  /** From now on entries come from memory, which begins at offset `edge`. */
  memoryFrom(edge: number): void {
    this.#edge = edge
  }

  isNew(entry: TimelineEntry): boolean {
    if (entry.type === "title" || entry.type === "resize" || entry.type === "relaunch")
      return this.#isChange(entry)
    if (entry.type === "input") return this.#isNewInput(entry)
    return entry.type !== "exit" || this.#exits++ === 0
  }

  #isChange(entry: MarkEvent): boolean {
    const value = textOf(entry)
    const changed = this.#last[entry.type] !== value
    this.#last[entry.type] = value
    return changed
  }

  #isNewInput({ offset, at }: TimelineEntry): boolean {
    if (this.#edge !== Number.POSITIVE_INFINITY) return offset > this.#edge || at > this.#lastInputAt
    this.#lastInputAt = at
    return true
  }
}

function textOf(event: MarkEvent): string {
  if (event.type === "title") return event.title
  return event.type === "resize" ? `${event.cols}x${event.rows}` : `${event.launch}`
}

/** Adds the titles, which only memory has. An exit counts only when no output follows it. */
async function* fromArchive(
  session: Followed,
  archive: Archive,
  from: number,
  edge: number,
): AsyncGenerator<TimelineEntry> {
  const titles = titlesFrom(session, from)
  let exit: TimelineEntry | null = null
  for await (const entry of archive.entries(from)) {
    if (entry.offset > edge || (entry.type === "output" && entry.offset >= edge)) break
    for (; titles[0] && titles[0].offset <= entry.offset; titles.shift()) yield entryOf(titles[0], entry.at)
    if (entry.type === "exit") exit = entry
    else if (entry.type === "output") {
      exit = null
      yield { ...entry, bytes: entry.bytes.subarray(0, edge - entry.offset) }
    } else yield entry
  }
  if (exit && session.life.closed && edge === session.output.log.end) yield exit
}

function titlesFrom({ output: { marks } }: Followed, from: number): Mark[] {
  const titles: Mark[] = []
  for (let mark = marks.get(marks.from(from)); mark; mark = marks.get(mark.sequence + 1))
    if (mark.what.type === "title") titles.push(mark)
  return titles
}

const entryOf = ({ offset, what }: Mark, at: number): TimelineEntry => ({ offset, at, ...what })

async function* batches(entries: AsyncIterable<TimelineEntry>): AsyncGenerator<TimelineEntry[]> {
  let batch: TimelineEntry[] = []
  let bytes = 0
  for await (const entry of entries) {
    batch.push(entry)
    bytes += entry.type === "output" ? entry.bytes.length : 0
    if (bytes < BATCH && batch.length < BATCH / 64) continue
    yield batch
    batch = []
    bytes = 0
  }
  if (batch.length > 0) yield batch
}

/** Yields what memory has, and then what comes. */
async function* fromMemory(
  session: Followed,
  from: number,
  to: number | null,
  signal?: AbortSignal,
): AsyncGenerator<TimelineEntry[]> {
  const memory = new MemoryTimeline(session, from, to ?? Number.POSITIVE_INFINITY)
  for (let first = true; !signal?.aborted; first = false) {
    const batch = memory.batch()
    // no await between the check and the wait, or a change is missed
    if (batch.length === 0 && memory.waits && !first) await session.changed.wait(signal)
    else yield batch
    if (memory.done) return
  }
}
