// A session as an asciicast, version 3 (docs.asciinema.org/manual/asciicast/v3): a header, then events at relative times.

import { constants } from "node:os"
import type { Mark } from "../core/marks.ts"
import type { Session } from "../core/session.ts"
import { decode, wholeCharacters } from "../core/text.ts"
import { delay } from "../core/wake.ts"

/** Seconds since the event before, what it is, and its data. o: output, r: resize, m: marker, x: exit. */
type Event = [interval: number, code: "o" | "r" | "m" | "x", data: string]
/** A moment of the session: ms since its times begin, and what happened. */
type Moment = { ms: number; code: Event[1]; data: string }

/** Written per turn of the event loop, in moments. */
const TURN = 1000

/** The bytes `from..to` as lines of JSON; the exit is among them when `to` is the end. */
export async function asciicast(session: Session, from: number, to: number): Promise<string> {
  const moments = [...momentsOf(session, from, to)]
  let last = moments[0]?.ms ?? 0
  const lines = [JSON.stringify(headerOf(session, from, last))]
  for (const [i, { ms, code, data }] of moments.entries()) {
    const event: Event = [Math.max(Math.round(ms - last), 0) / 1000, code, data]
    last = Math.max(ms, last)
    lines.push(JSON.stringify(event))
    if (i % TURN === TURN - 1) await delay(1)
  }
  return `${lines.join("\n")}\n`
}

function headerOf(session: Session, from: number, ms: number): Record<string, unknown> {
  const { cols, rows } = session.marks.sizeAt(from)
  const begun = session.times.startedAt.getTime() + ms
  return {
    version: 3,
    term: { cols, rows, type: session.spec.env.TERM },
    timestamp: Math.floor(begun / 1000),
    command: session.spec.argv.join(" "),
    ...(session.title && { title: session.title }),
  }
}

/** Output cut where it was cut in time and where something else happened, never inside a character. */
function* momentsOf(session: Session, from: number, to: number): Generator<Moment> {
  const { log, times } = session
  const stretches = times.between(from, to)
  const marks = marksIn(session, from, to)
  let rest = new Uint8Array(0)
  for (const [i, { offset, ms }] of stretches.entries()) {
    const end = stretches[i + 1]?.offset ?? to
    for (let at = offset; at < end; ) {
      for (; marks[0] && marks[0].offset <= at; marks.shift()) yield happened(marks[0], ms)
      const stop = Math.min(end, marks[0]?.offset ?? end)
      const bytes = joined(rest, log.slice(at, stop - at))
      const last = stop === to && session.closed
      const whole = last ? bytes.length : wholeCharacters(bytes)
      rest = bytes.slice(whole)
      if (whole > 0) yield { ms, code: "o", data: decode(bytes.subarray(0, whole)) }
      at = stop
    }
  }
  const ended = stretches.at(-1)?.ms ?? 0
  for (const mark of marks) yield happened(mark, ended)
  if (to === log.end && session.closed && session.exit) yield exitOf(session, ended)
}

function marksIn({ marks }: Session, from: number, to: number): Mark[] {
  const found: Mark[] = []
  for (let mark = marks.get(marks.from(from)); mark && mark.offset <= to; mark = marks.get(mark.sequence + 1))
    found.push(mark)
  return found
}

/** A new title is a marker: players show markers as chapters. */
function happened({ what }: Mark, ms: number): Moment {
  if (what.type === "resize") return { ms, code: "r", data: `${what.cols}x${what.rows}` }
  return { ms, code: "m", data: what.title }
}

/** The status as a shell gives it: 128 and the signal's number for a death by signal. */
function exitOf({ exit, times }: Session, ended: number): Moment {
  const { code, signal, at } = exit!
  const status = code ?? 128 + (constants.signals[signal as NodeJS.Signals] ?? 0)
  return { ms: Math.max(at.getTime() - times.startedAt.getTime(), ended), code: "x", data: `${status}` }
}

const joined = (a: Uint8Array, b: Uint8Array): Uint8Array => (a.length === 0 ? b : Buffer.concat([a, b]))
