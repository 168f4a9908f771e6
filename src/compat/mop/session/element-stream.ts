// What a stream has still to send of a session: what is retained first, then what comes, in strings (contract mop, 2.3 and 2.4).

import { decode, wholeCharacters } from "../../../core/lib/text.ts"
import { type ElementLog, filterAt, PARTIAL_MS } from "./element-log.ts"
import type { MopSession } from "./mop-session.ts"
import { SgrFilter } from "./sgr.ts"

export type MopFrame = { stdout: string; stderr: string }

/** Bytes per stream in one frame; the first frame has all that is retained. */
const PIECE = 256 << 10

/** A cursor over both streams. Whoever does not ask costs nothing; what is forgotten meanwhile is left out. */
export class ElementStream {
  #mopSession: MopSession
  #stdout: Cursor
  #stderr: Cursor | null
  #first = true

  constructor(mopSession: MopSession) {
    this.#mopSession = mopSession
    this.#stdout = new Cursor(mopSession.stdout, mopSession.session.tty)
    this.#stderr = mopSession.stderr && new Cursor(mopSession.stderr, false)
  }

  /** The next frame; null when there is nothing now. */
  next(): MopFrame | null {
    const raw = this.#mopSession.waivers.has("RAW_ANSI")
    const max = this.#first ? Number.POSITIVE_INFINITY : PIECE
    this.#first = false
    for (;;) {
      const [out, err] = [this.#stdout.take(max, raw), this.#stderr?.take(max, raw)]
      if (out === null && (err ?? null) === null) return null
      // all of it may have been sequences that are filtered out
      if (out || err) return { stdout: out ?? "", stderr: err ?? "" }
    }
  }

  /** In how many ms to ask again though nothing new came: the beginning of a character waits. Null when nothing waits. */
  get again(): number | null {
    return this.#stdout.waiting || this.#stderr?.waiting ? PARTIAL_MS : null
  }
}

class Cursor {
  #track: ElementLog
  #filter: SgrFilter | null
  #offset: number
  #marked = false

  constructor(track: ElementLog, filtered: boolean) {
    this.#track = track
    this.#offset = track.base
    this.#filter = filtered ? filterAt(track.log, track.base) : null
  }

  get waiting(): boolean {
    return this.#offset < this.#track.log.end
  }

  /** At most `max` bytes as one string, "" when nothing is left of them; null when there are none. */
  take(max: number, raw: boolean): string | null {
    this.#skipForgotten()
    const bytes = this.#bytes(max)
    const marker = this.#marker(bytes.length)
    if (bytes.length === 0 && marker === "") return null
    this.#offset += bytes.length
    // the filter goes along in raw mode too, for the waiver may be removed
    const shown = this.#filter?.pass(bytes) ?? bytes
    if (raw) return Buffer.concat([bytes, Buffer.from(marker)]).toString("base64")
    return decode(shown) + marker
  }

  #skipForgotten(): void {
    const { base } = this.#track.log
    if (this.#offset >= base) return
    this.#offset = base
    this.#filter &&= new SgrFilter()
  }

  #bytes(max: number): Uint8Array {
    const { log, marker } = this.#track
    // what a process left behind prints after the marker is shown behind it
    const end = marker && !this.#marked ? marker.offset : log.end
    const bytes = log.slice(this.#offset, Math.min(max, end - this.#offset))
    const more = this.#offset + bytes.length < end
    const keep = more ? bytes.length - wholeCharacters(bytes) : this.#track.unfinished()
    return keep > 0 ? bytes.subarray(0, Math.max(0, bytes.length - keep)) : bytes
  }

  #marker(length: number): string {
    const { marker } = this.#track
    if (!marker || this.#marked || this.#offset + length < marker.offset) return ""
    this.#marked = true
    return marker.text
  }
}
