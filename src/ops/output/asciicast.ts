// A part of a session as an asciicast (docs.asciinema.org/manual/asciicast, versions 2 and 3): a header, then events.

import { constants } from "node:os"
import { copyOf } from "../../core/lib/memory.ts"
import { characterRest, decode, wholeCharacters } from "../../core/lib/text.ts"
import { Turns } from "../../core/lib/turns.ts"
import type { TimelineEntry } from "../../core/log/timeline.ts"
import type { ExitStatus } from "../../core/session/backend.ts"
import type { SessionSlice } from "./range.ts"

/** What an event is: output, input, marker, resize, exit. Version 2 has no exit. */
type EventCode = "o" | "i" | "m" | "r" | "x"
/** Times of version 3 count from the event before, those of version 2 from the beginning; both in seconds. */
type AsciicastEvent = [seconds: number, code: EventCode, data: string]

export type AsciicastVersion = 2 | 3

/** Lines of JSON, each whole, in pieces of as much as there was at a time. */
export async function* asciicast(part: SessionSlice, version: AsciicastVersion): AsyncGenerator<string> {
  yield lineOf(version === 3 ? headerOf(part) : olderHeaderOf(part))
  const writer = new EventWriter(part.at, version)
  const turns = new Turns()
  for await (const batch of part.batches) {
    if (turns.over) await turns.pause()
    const lines = batch.map(moment => writer.line(moment)).join("")
    if (lines !== "") yield lines
  }
  const rest = writer.rest(part.session.life.closed)
  if (rest !== "") yield rest
}

/** JSON leaves control characters beyond ASCII as they are; a terminal that the file is printed on would obey them. */
const lineOf = (value: unknown): string =>
  `${JSON.stringify(value).replace(/[\x7f-\x9f]/g, char => `\\u00${char.charCodeAt(0).toString(16)}`)}\n`

function headerOf({ session, size: { cols, rows }, at }: SessionSlice): Record<string, unknown> {
  const { spec, title, tags } = session
  return {
    version: 3,
    term: { cols, rows, type: spec.env.TERM },
    timestamp: Math.floor(at / 1000),
    command: spec.argv.join(" "),
    ...(title && { title }),
    ...(tags.length > 0 && { tags }),
  }
}

function olderHeaderOf({ session, size: { cols, rows }, at }: SessionSlice): Record<string, unknown> {
  const { spec, title } = session
  return {
    version: 2,
    width: cols,
    height: rows,
    timestamp: Math.floor(at / 1000),
    command: spec.argv.join(" "),
    ...(title && { title }),
    ...(spec.env.TERM && { env: { TERM: spec.env.TERM } }),
  }
}

/** Keeps the time of the last event, and characters that are not whole yet. */
class EventWriter {
  readonly #start: number
  readonly #version: AsciicastVersion
  #last: number
  #buffers: { o: CharacterBuffer; i: CharacterBuffer } = {
    o: new CharacterBuffer(),
    i: new CharacterBuffer(),
  }
  /** The last exit waits: what the program left behind may still print. */
  #exit: TimelineEntry | null = null

  constructor(at: number, version: AsciicastVersion) {
    this.#start = at
    this.#last = at
    this.#version = version
  }

  /** Empty when nothing is to be said yet. */
  line(moment: TimelineEntry): string {
    const { at } = moment
    if (moment.type === "output") return this.#text(at, "o", this.#buffers.o.add(moment.bytes, moment.offset))
    if (moment.type === "input") return this.#text(at, "i", this.#buffers.i.add(moment.bytes, 0))
    if (moment.type === "resize") return this.#event(at, "r", `${moment.cols}x${moment.rows}`)
    if (moment.type === "exit") this.#exit = moment
    if (moment.type === "exit") return ""
    return this.#event(at, "m", moment.type === "title" ? moment.title : "relaunch")
  }

  /** What is still open at the end: a broken character, when no more of it can come, and the exit. */
  rest(closed: boolean): string {
    const broken = closed ? this.#text(this.#last, "o", this.#buffers.o.flush()) : ""
    if (this.#exit?.type !== "exit" || this.#version === 2) return broken
    const status = statusOf(this.#exit)
    // nobody saw the end of a program that was lost, and the format has no word for that
    return broken + this.#event(this.#exit.at, status === null ? "m" : "x", status ?? "lost")
  }

  #text(at: number, code: "o" | "i", text: string): string {
    return text === "" ? "" : this.#event(at, code, text)
  }

  /** Whole milliseconds, from one event to the next, so that nothing adds up in a long recording. */
  #event(at: number, code: EventCode, data: string): string {
    const now = Math.max(Math.round(at), this.#last)
    const since = this.#version === 3 ? this.#last : this.#start
    this.#last = now
    const event: AsciicastEvent = [(now - since) / 1000, code, data]
    return lineOf(event)
  }
}

/** Bytes as text, cut between characters; a range may also begin inside one, which is left out. */
class CharacterBuffer {
  #partial: Uint8Array = new Uint8Array(0)
  #next: number | null = null

  add(bytes: Uint8Array, offset: number): string {
    const torn = this.#next === null ? offset > 0 : offset > this.#next
    if (torn) this.#partial = new Uint8Array(0)
    this.#next = offset + bytes.length
    const fresh = torn ? bytes.subarray(characterRest(bytes)) : bytes
    const all = this.#partial.length === 0 ? fresh : Buffer.concat([this.#partial, fresh])
    const whole = wholeCharacters(all)
    this.#partial = copyOf(all.subarray(whole))
    return decode(all.subarray(0, whole))
  }

  flush(): string {
    return decode(this.#partial)
  }
}

/** The status as a shell gives it: 128 and the signal's number for a death by signal. Null where it is not known. */
function statusOf({ code, signal }: ExitStatus): string | null {
  const number = constants.signals[signal as NodeJS.Signals]
  return code === null && number === undefined ? null : `${code ?? 128 + number}`
}
