// Everything that happened to a session, in order and with its time: from what is kept on disk, then from memory, then as it comes.

import type { ExitStatus } from "../session/backend.ts"
import type { Session } from "../session/session.ts"
import type { Archive } from "./archive.ts"
import type { Mark, MarkEvent } from "./marks.ts"
import { MemoryTimeline } from "./memory-timeline.ts"

/** `input` is recorded on request only. */
export type TimelineEvent =
  | { type: "output"; bytes: Uint8Array }
  | { type: "input"; bytes: Uint8Array }
  | ({ type: "exit" } & ExitStatus)
  | MarkEvent

/** An event at its place in the log; `at` is its time in ms since the epoch. */
export type TimelineEntry = { offset: number; at: number } & TimelineEvent

/** Bytes of output in one batch, at least, where there are that many. */
export const BATCH = 64 << 10

/** From which offset on; up to which one, or (`null`) on and on until the session ends. */
export type TimelineRange = { from: number; to: number | null; signal?: AbortSignal | undefined }

/**
 * What there is, in batches that are small enough to be worked on in one go; one without a moment says that there is nothing
 * at this time. The exit is the last moment of a stretch that reaches the end of an ended session. Bytes that are no longer
 * kept are left out.
 */
export async function* timelineOf(
  session: Session,
  { from, to, signal }: TimelineRange,
): AsyncGenerator<TimelineEntry[]> {
  const news = new Deduplicator()
  const edge = Math.min(to ?? session.log.end, session.log.end)
  let at = from
  if (session.output.archive)
    for await (const batch of batches(archived(session, session.output.archive, from, edge))) {
      if (signal?.aborted) return
      at = Math.max(at, entryEnd(batch.at(-1)!))
      yield batch.filter(moment => news.isNew(moment))
    }
  news.rememberedFrom(edge)
  for await (const batch of remembered(session, Math.max(at, Math.min(from, edge)), to, signal))
    yield batch.filter(moment => news.isNew(moment))
}

/** Where the log goes on behind this moment. */
export const entryEnd = (moment: TimelineEntry): number =>
  moment.type === "output" ? moment.offset + moment.bytes.length : moment.offset

/** The disk and memory both know what happened where one ends and the other begins. */
class Deduplicator {
  #now = { resize: "", title: "", relaunch: "" }
  #exits = 0
  #typed = Number.NEGATIVE_INFINITY
  #edge = Number.POSITIVE_INFINITY

  /** From here on moments come from memory. */
  rememberedFrom(edge: number): void {
    this.#edge = edge
  }

  isNew(moment: TimelineEntry): boolean {
    if (moment.type === "title" || moment.type === "resize" || moment.type === "relaunch")
      return this.#changes(moment)
    if (moment.type === "input") return this.#isNewInput(moment)
    return moment.type !== "exit" || this.#exits++ === 0
  }

  #changes(moment: MarkEvent): boolean {
    const before = this.#now[moment.type]
    const now = wordsOf(moment)
    this.#now[moment.type] = now
    return now !== before
  }

  #isNewInput({ offset, at }: TimelineEntry): boolean {
    if (this.#edge !== Number.POSITIVE_INFINITY) return offset > this.#edge || at > this.#typed
    this.#typed = at
    return true
  }
}

function wordsOf(happening: MarkEvent): string {
  if (happening.type === "title") return happening.title
  return happening.type === "resize" ? `${happening.cols}x${happening.rows}` : `${happening.launch}`
}

/** From disk up to offset `edge`, with the titles that only memory has. An exit counts only where nothing comes behind it. */
async function* archived(
  session: Session,
  archive: Archive,
  from: number,
  edge: number,
): AsyncGenerator<TimelineEntry> {
  const titles = titlesFrom(session, from)
  let exit: TimelineEntry | null = null
  for await (const moment of archive.moments(from)) {
    if (moment.offset > edge || (moment.type === "output" && moment.offset >= edge)) break
    for (; titles[0] && titles[0].offset <= moment.offset; titles.shift())
      yield momentAt(titles[0], moment.at)
    if (moment.type === "exit") exit = moment
    else if (moment.type === "output") {
      exit = null
      yield { ...moment, bytes: moment.bytes.subarray(0, edge - moment.offset) }
    } else yield moment
  }
  if (exit && session.life.closed && edge === session.log.end) yield exit
}

function titlesFrom({ output: { marks } }: Session, from: number): Mark[] {
  const found: Mark[] = []
  for (let mark = marks.get(marks.from(from)); mark; mark = marks.get(mark.sequence + 1))
    if (mark.what.type === "title") found.push(mark)
  return found
}

const momentAt = ({ offset, what }: Mark, at: number): TimelineEntry => ({ offset, at, ...what })

async function* batches(moments: AsyncIterable<TimelineEntry>): AsyncGenerator<TimelineEntry[]> {
  let batch: TimelineEntry[] = []
  let bytes = 0
  for await (const moment of moments) {
    batch.push(moment)
    bytes += moment.type === "output" ? moment.bytes.length : 0
    if (bytes < BATCH && batch.length < BATCH / 64) continue
    yield batch
    batch = []
    bytes = 0
  }
  if (batch.length > 0) yield batch
}

/** From memory, and then as it comes. */
async function* remembered(
  session: Session,
  from: number,
  to: number | null,
  signal?: AbortSignal,
): AsyncGenerator<TimelineEntry[]> {
  const memory = new MemoryTimeline(session, from, to ?? Number.POSITIVE_INFINITY)
  for (let first = true; !signal?.aborted; first = false) {
    const batch = memory.batch()
    // between the look and the wait nobody else may have a turn, or what they do is missed
    if (batch.length === 0 && memory.waits && !first) await session.changed.wait(signal)
    else yield batch
    if (memory.done) return
  }
}
