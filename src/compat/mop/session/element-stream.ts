// A MOP session's output for one client: retained output first, then new output (contract mop, 2.3, 2.4).

import { decode, wholeCharacters } from "../../../core/lib/text.ts"
import { type ElementLog, filterAt, PARTIAL_MS } from "./element-log.ts"
import type { MopSession } from "./mop-session.ts"
import { SgrFilter } from "./sgr.ts"

export type MopFrame = { stdout: string; stderr: string }

/** Most bytes per stream in a frame. The first frame has all retained output. */
const MAX_FRAME = 256 << 10

/** A cursor over both streams. Skips output that was trimmed before it was read. */
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

  next(): MopFrame | null {
    const raw = this.#mopSession.waivers.has("RAW_ANSI")
    const max = this.#first ? Number.POSITIVE_INFINITY : MAX_FRAME
    this.#first = false
    for (;;) {
      const [out, err] = [this.#stdout.take(max, raw), this.#stderr?.take(max, raw)]
      if (out === null && (err ?? null) === null) return null
      // the filter may have removed everything
      if (out || err) return { stdout: out ?? "", stderr: err ?? "" }
    }
  }

  /** When to call `next` again, in ms, because an incomplete character waits; else null. */
  get retryMs(): number | null {
    return this.#stdout.waiting || this.#stderr?.waiting ? PARTIAL_MS : null
  }
}

class Cursor {
  #elements: ElementLog
  #filter: SgrFilter | null
  #offset: number
  #markerSent = false

  constructor(elements: ElementLog, filtered: boolean) {
    this.#elements = elements
    this.#offset = elements.base
    this.#filter = filtered ? filterAt(elements.log, elements.base) : null
  }

  get waiting(): boolean {
    return this.#offset < this.#elements.log.end
  }

  /** Returns at most `max` bytes as text; null without any. The filter may reduce them to "". */
  take(max: number, raw: boolean): string | null {
    this.#skipTrimmed()
    const bytes = this.#bytes(max)
    const marker = this.#marker(bytes.length)
    if (bytes.length === 0 && marker === "") return null
    this.#offset += bytes.length
    // raw output passes the filter too, because the waiver may be removed
    const filtered = this.#filter?.pass(bytes) ?? bytes
    if (raw) return Buffer.concat([bytes, Buffer.from(marker)]).toString("base64")
    return decode(filtered) + marker
  }

  #skipTrimmed(): void {
    const { base } = this.#elements.log
    if (this.#offset >= base) return
    this.#offset = base
    this.#filter &&= new SgrFilter()
  }

  #bytes(max: number): Uint8Array {
    const { log, marker } = this.#elements
    // output of remaining processes comes after the marker
    const end = marker && !this.#markerSent ? marker.offset : log.end
    const bytes = log.slice(this.#offset, Math.min(max, end - this.#offset))
    const more = this.#offset + bytes.length < end
    const held = more ? bytes.length - wholeCharacters(bytes) : this.#elements.unfinished()
    return held > 0 ? bytes.subarray(0, Math.max(0, bytes.length - held)) : bytes
  }

  #marker(length: number): string {
    const { marker } = this.#elements
    if (!marker || this.#markerSent || this.#offset + length < marker.offset) return ""
    this.#markerSent = true
    return marker.text
  }
}
