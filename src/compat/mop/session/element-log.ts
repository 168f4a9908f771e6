// The elements of one stream: the newest part of a byte log, and the exit marker (contract mop, 3.3).

import { decode } from "../../../core/lib/text.ts"
import type { ByteLog } from "../../../core/log/log.ts"
import { unfinishedAt } from "../../../core/log/text.ts"
import { asciiJson } from "./hash.ts"
import { SgrFilter } from "./sgr.ts"

/** Retained elements and bytes per stream, whichever is less. */
export const MAX_ELEMENTS = 9000
export const MAX_RETAINED = 1 << 20
/** Reads within this time, in ms, form one element. */
const JOIN_MS = 5
const MAX_ELEMENT = 64 << 10
/** How long the start of a character waits for its rest, in ms. */
export const PARTIAL_MS = 100

/** A sealed element never changes. `json` is its text after the first read. */
type Element = { offset: number; length: number; at: number; sealed: boolean; json: string | null }

export class ElementLog {
  readonly log: ByteLog
  /** The exit marker and its offset, after the last byte of the terminal. */
  marker: { offset: number; text: string } | null = null
  #filtered: boolean
  #elements: Element[] = []
  /** The end of the log at the last update. */
  #end: number
  #grewAt = 0
  #filter = new SgrFilter()
  #filteredTo: number

  /** `filtered`: without RAW_ANSI only colours remain. Starts with the log's existing output. */
  constructor(log: ByteLog, filtered: boolean) {
    this.log = log
    this.#filtered = filtered
    this.#end = log.base
    this.#filteredTo = log.base
    this.update()
  }

  /** The offset of the oldest retained byte. */
  get base(): number {
    return this.#elements[0]?.offset ?? this.#end
  }

  update(now = performance.now()): void {
    const { base, end } = this.log
    if (end === this.#end) return
    const from = Math.max(this.#end, base)
    const last = this.#elements.at(-1)
    const joins = last && !last.sealed && now - last.at <= JOIN_MS && last.length + end - from <= MAX_ELEMENT
    if (joins) last.length += end - from
    else this.#add(this.#end > base ? this.#close(now) : from, end, now)
    this.#end = end
    this.#grewAt = now
    this.#trim()
  }

  /** Adds the exit marker. Only the output of remaining processes can follow it. */
  end(marker: string): void {
    if (this.marker) return
    this.update()
    this.marker = { offset: this.#end, text: marker }
    for (const element of this.#elements) element.sealed = true
    const offset = this.#end
    this.#elements.push({ offset, length: 0, at: 0, sealed: true, json: asciiJson(marker) })
  }

  /** Returns the length of an incomplete character at the end that still waits for its rest. */
  unfinished(now = performance.now()): number {
    if (this.marker || now - this.#grewAt >= PARTIAL_MS) return 0
    return unfinishedAt(this.log, this.log.base, this.#end)
  }

  /** Returns every element as a JSON string, oldest first, and seals them. */
  literals(raw: boolean, ended: boolean): string[] {
    this.#seal(ended)
    const sealed = this.#elements.filter(element => element.sealed)
    if (raw) return sealed.flatMap(element => this.#encoded(element))
    return sealed.map(element => this.#text(element)).filter(text => text !== '""')
  }

  /** Adds elements from `from` to `to`, cut at character boundaries. */
  #add(from: number, to: number, at: number): void {
    for (let offset = from; offset < to; ) {
      const longest = Math.min(MAX_ELEMENT, to - offset)
      const length =
        offset + longest < to ? longest - unfinishedAt(this.log, offset, offset + longest) : longest
      this.#elements.push({ offset, length, at, sealed: false, json: null })
      offset += length
    }
  }

  /** Ends the last element at a whole character and returns the start of the next one. */
  #close(now: number): number {
    const last = this.#elements.at(-1)
    if (!last || last.sealed || now - this.#grewAt >= PARTIAL_MS) return this.#end
    last.length -= unfinishedAt(this.log, last.offset, last.offset + last.length)
    if (last.length === 0) this.#elements.pop()
    return last.offset + last.length
  }

  #seal(ended: boolean): void {
    this.#trim()
    const now = performance.now()
    const rest = ended ? this.#end : this.#close(now)
    for (const element of this.#elements) element.sealed = true
    if (rest < this.#end) this.#add(rest, this.#end, now)
  }

  /** Drops elements above the limits and those that the log has trimmed. */
  #trim(): void {
    const oldest = Math.max(this.#end - MAX_RETAINED, this.log.base)
    let gone = Math.max(0, this.#elements.length - MAX_ELEMENTS)
    while (gone < this.#elements.length && this.#elements[gone]!.offset < oldest) gone++
    if (gone > 0) this.#elements.splice(0, gone)
  }

  #encoded({ length, offset, json }: Element): string[] {
    if (json !== null && length === 0) return [`"${Buffer.from(JSON.parse(json)).toString("base64")}"`]
    const bytes = this.log.slice(offset, length)
    return [`"${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("base64")}"`]
  }

  #text(element: Element): string {
    if (element.json !== null) return element.json
    this.#catchUp(element.offset)
    const bytes = this.log.slice(element.offset, element.length)
    element.json = asciiJson(decode(this.#filtered ? this.#filter.pass(bytes) : bytes))
    this.#filteredTo = element.offset + element.length
    return element.json
  }

  /** Output that was trimmed unread may have started a sequence, so the filter starts again from the log. */
  #catchUp(offset: number): void {
    if (this.#filteredTo === offset || !this.#filtered) return
    this.#filter = filterAt(this.log, offset)
  }
}

/** Returns a filter that has read the log up to `offset`. */
export function filterAt(log: ByteLog, offset: number): SgrFilter {
  const filter = new SgrFilter()
  for (let at = log.base; at < offset; ) {
    const run = log.read(at, offset - at)
    filter.pass(run)
    at += run.length
  }
  return filter
}
