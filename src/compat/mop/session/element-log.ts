// One stream of a session as MOP shows it: elements over a byte log, the newest of them, and the marker of the end (contract mop, 3.3).

import { decode, wholeCharacters } from "../../../core/lib/text.ts"
import type { ByteLog } from "../../../core/log/log.ts"
import { asciiJson } from "./hash.ts"
import { SgrFilter } from "./sgr.ts"

/** What is kept per stream, whichever is smaller. */
export const MAX_ELEMENTS = 9000
export const MAX_RETAINED = 1 << 20
/** Reads this close together, in ms, are one element, up to this many bytes. */
const JOINED_MS = 5
const LONGEST = 64 << 10
/** How long the beginning of a character waits for its rest, in ms. */
export const PARTIAL_MS = 100

/** `asciiJson` is its text as JSON, once somebody asked for it. A sealed element never changes. */
type Element = { offset: number; length: number; at: number; sealed: boolean; asciiJson: string | null }

export class ElementLog {
  readonly log: ByteLog
  /** What stands behind the last byte of a terminal that ended. */
  marker: { offset: number; text: string } | null = null
  #filtered: boolean
  #elements: Element[] = []
  /** Where the log ended at the last look, and when it had grown. */
  #noted: number
  #grewAt = 0
  #filter = new SgrFilter()
  /** The filter has seen everything up to here. */
  #seen: number

  /** `filtered`: without RAW_ANSI only colours come through. What the log has already is taken in. */
  constructor(log: ByteLog, filtered: boolean) {
    this.log = log
    this.#filtered = filtered
    this.#noted = log.base
    this.#seen = log.base
    this.note()
  }

  /** Offset of the oldest byte that is kept. */
  get base(): number {
    return this.#elements[0]?.offset ?? this.#noted
  }

  /** Takes in what the log got since. */
  note(now = performance.now()): void {
    const { base, end } = this.log
    if (end === this.#noted) return
    const from = Math.max(this.#noted, base)
    const last = this.#elements.at(-1)
    const joins = last && !last.sealed && now - last.at <= JOINED_MS && last.length + end - from <= LONGEST
    if (joins) last.length += end - from
    else this.#add(this.#noted > base ? this.#close(now) : from, end, now)
    this.#noted = end
    this.#grewAt = now
    this.#trim()
  }

  /** Says that the process ended; nothing comes after it but what a process left behind still prints. */
  end(marker: string): void {
    if (this.marker) return
    this.note()
    this.marker = { offset: this.#noted, text: marker }
    for (const element of this.#elements) element.sealed = true
    const offset = this.#noted
    this.#elements.push({ offset, length: 0, at: 0, sealed: true, asciiJson: asciiJson(marker) })
  }

  /** How many bytes at the end are the beginning of a character that may still be completed. */
  unfinished(now = performance.now()): number {
    if (this.marker || now - this.#grewAt >= PARTIAL_MS) return 0
    return this.#unfinishedAt(this.log.base, this.#noted)
  }

  /** Every published element as a JSON string, oldest first; from now on those do not change. */
  literals(raw: boolean, ended: boolean): string[] {
    this.#seal(ended)
    const sealed = this.#elements.filter(element => element.sealed)
    if (raw) return sealed.flatMap(element => this.#encoded(element))
    return sealed.map(element => this.#text(element)).filter(text => text !== '""')
  }

  /** Elements from `from` to `to`, cut where characters end. */
  #add(from: number, to: number, at: number): void {
    for (let offset = from; offset < to; ) {
      const longest = Math.min(LONGEST, to - offset)
      const length = offset + longest < to ? longest - this.#unfinishedAt(offset, offset + longest) : longest
      this.#elements.push({ offset, length, at, sealed: false, asciiJson: null })
      offset += length
    }
  }

  /** Ends the last element at a whole character; answers where the next one begins. */
  #close(now: number): number {
    const last = this.#elements.at(-1)
    if (!last || last.sealed || now - this.#grewAt >= PARTIAL_MS) return this.#noted
    last.length -= this.#unfinishedAt(last.offset, last.offset + last.length)
    if (last.length === 0) this.#elements.pop()
    return last.offset + last.length
  }

  #seal(ended: boolean): void {
    this.#trim()
    const now = performance.now()
    const rest = ended ? this.#noted : this.#close(now)
    for (const element of this.#elements) element.sealed = true
    if (rest < this.#noted) this.#add(rest, this.#noted, now)
  }

  #unfinishedAt(from: number, end: number): number {
    const tail = this.log.slice(Math.max(from, end - 4), Math.min(4, end - from))
    return tail.length - wholeCharacters(tail)
  }

  /** What is too much, and what the log itself has lost. */
  #trim(): void {
    const oldest = Math.max(this.#noted - MAX_RETAINED, this.log.base)
    let gone = Math.max(0, this.#elements.length - MAX_ELEMENTS)
    while (gone < this.#elements.length && this.#elements[gone]!.offset < oldest) gone++
    if (gone > 0) this.#elements.splice(0, gone)
  }

  #encoded({ length, offset, asciiJson }: Element): string[] {
    if (asciiJson !== null && length === 0) return [`"${Buffer.from(JSON.parse(asciiJson)).toString("base64")}"`]
    const bytes = this.log.slice(offset, length)
    return [`"${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("base64")}"`]
  }

  #text(element: Element): string {
    if (element.asciiJson !== null) return element.asciiJson
    this.#catchUp(element.offset)
    const bytes = this.log.slice(element.offset, element.length)
    element.asciiJson = asciiJson(decode(this.#filtered ? this.#filter.pass(bytes) : bytes))
    this.#seen = element.offset + element.length
    return element.asciiJson
  }

  /** What nobody read before it was forgotten may still have opened a sequence. */
  #catchUp(offset: number): void {
    if (this.#seen === offset || !this.#filtered) return
    this.#filter = filterAt(this.log, offset)
  }
}

/** A filter as it stands in front of `offset`, as far back as the log reaches. */
export function filterAt(log: ByteLog, offset: number): SgrFilter {
  const filter = new SgrFilter()
  for (let at = log.base; at < offset; ) {
    const run = log.read(at, offset - at)
    filter.pass(run)
    at += run.length
  }
  return filter
}
