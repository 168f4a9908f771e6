// Asciicast export, versions 2 and 3 (docs.asciinema.org/manual/asciicast): a header line, then event lines.

import { constants } from "node:os"
import { CharacterBuffer, characterRest, decode } from "../../core/lib/text.ts"
import { nextTurn, turnOver } from "../../core/lib/turns.ts"
import type { TimelineEntry } from "../../core/log/timeline-entry.ts"
import type { ExitStatus } from "../../core/session/backend.ts"
import type { SessionSlice } from "./range.ts"

/** Output, input, marker, resize, exit. Version 2 has no exit. */
type EventCode = "o" | "i" | "m" | "r" | "x"
/** Seconds since the previous event in version 3, since the start in version 2. */
type AsciicastEvent = [seconds: number, code: EventCode, data: string]

type AsciicastVersion = 2 | 3

/** Yields whole lines of JSON, one string per batch of entries. */
export async function* asciicast(slice: SessionSlice, version: AsciicastVersion): AsyncGenerator<string> {
  yield lineOf(headerOf(slice, version))
  const writer = new EventWriter(slice.at, version)
  for await (const batch of slice.batches) {
    if (turnOver()) await nextTurn()
    const lines = batch.map(entry => writer.line(entry)).join("")
    if (lines !== "") yield lines
  }
  const rest = writer.rest(slice.session.life.closed)
  if (rest !== "") yield rest
}

/** Also escapes the control characters that JSON leaves: a terminal that prints the file obeys them. */
const lineOf = (value: unknown): string =>
  `${JSON.stringify(value).replace(/[\x7f-\x9f]/g, char => `\\u00${char.charCodeAt(0).toString(16)}`)}\n`

function headerOf({ session, size: { cols, rows }, at }: SessionSlice, version: AsciicastVersion): object {
  const { spec, title, tags } = session
  const { TERM } = spec.env
  const facts = {
    timestamp: Math.floor(at / 1000),
    command: spec.argv.join(" "),
    ...(title && { title }),
  }
  if (version === 2) return { version, width: cols, height: rows, ...facts, ...(TERM && { env: { TERM } }) }
  return { version, term: { cols, rows, type: TERM }, ...facts, ...(tags.length > 0 && { tags }) }
}

/** Formats timeline entries as events. Keeps the last event's time and incomplete characters. */
class EventWriter {
  readonly #start: number
  readonly #version: AsciicastVersion
  #last: number
  #buffers: { o: RangeDecoder; i: RangeDecoder } = {
    o: new RangeDecoder(),
    i: new RangeDecoder(),
  }
  /** The last exit is written at the end, because child processes may still print after it. */
  #exit: TimelineEntry | null = null

  constructor(at: number, version: AsciicastVersion) {
    this.#start = at
    this.#last = at
    this.#version = version
  }

  /** Returns an empty string for an entry that has no complete event yet. */
  line(entry: TimelineEntry): string {
    const { at } = entry
    if (entry.type === "output") return this.#text(at, "o", this.#buffers.o.add(entry.bytes, entry.offset))
    if (entry.type === "input") return this.#text(at, "i", this.#buffers.i.add(entry.bytes, 0))
    if (entry.type === "resize") return this.#event(at, "r", `${entry.cols}x${entry.rows}`)
    if (entry.type === "exit") this.#exit = entry
    if (entry.type === "exit") return ""
    return this.#event(at, "m", entry.type === "title" ? entry.title : "relaunch")
  }

  /** Returns the final events: an incomplete character of a closed session, and the exit. */
  rest(closed: boolean): string {
    const broken = closed ? this.#text(this.#last, "o", this.#buffers.o.flush()) : ""
    if (this.#exit?.type !== "exit" || this.#version === 2) return broken
    const status = statusOf(this.#exit)
    // The exit of a lost program is unknown. The format has no event for that, so it becomes a marker.
    return broken + this.#event(this.#exit.at, status === null ? "m" : "x", status ?? "lost")
  }

  #text(at: number, code: "o" | "i", text: string): string {
    return text === "" ? "" : this.#event(at, code, text)
  }

  /** Rounds to whole milliseconds, so that rounding errors do not add up in a long recording. */
  #event(at: number, code: EventCode, data: string): string {
    const now = Math.max(Math.round(at), this.#last)
    const since = this.#version === 3 ? this.#last : this.#start
    this.#last = now
    const event: AsciicastEvent = [(now - since) / 1000, code, data]
    return lineOf(event)
  }
}

/** Decodes bytes at character boundaries. Leaves out the rest of a character that began before the range. */
class RangeDecoder {
  #buffer = new CharacterBuffer()
  #next: number | null = null

  add(bytes: Uint8Array, offset: number): string {
    const torn = this.#next === null ? offset > 0 : offset > this.#next
    if (torn) this.#buffer.flush()
    this.#next = offset + bytes.length
    return decode(this.#buffer.push(torn ? bytes.subarray(characterRest(bytes)) : bytes))
  }

  flush(): string {
    return decode(this.#buffer.rest)
  }
}

/** Returns the status as a shell reports it: for a signal 128 plus its number. Null means unknown. */
function statusOf({ code, signal }: ExitStatus): string | null {
  const number = constants.signals[signal as NodeJS.Signals]
  return code === null && number === undefined ? null : `${code ?? 128 + number}`
}
