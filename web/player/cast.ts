// A recording: an asciicast of version 3, parsed while it arrives.

import type { Size } from "../../src/core/session/backend.ts"
import { Listeners } from "../ui/listeners.ts"

/** `at` is in seconds from the start. `code` is as in the format: output, input, marker, resize, exit. */
type CastEvent = { at: number; code: string; data: string }

export class Cast {
  /** Fires when more of the recording has arrived. */
  readonly changed = new Listeners<void>()
  readonly events: CastEvent[] = []
  /** Indexes of the markers in `events`. */
  readonly markers: number[] = []
  size: Size | null = null
  /** Start of the recording, in ms since the epoch. */
  recordedAt = 0
  /** True after the whole recording has arrived. */
  complete = false
  /** The exit status, if the recording contains it. */
  exit: string | null = null
  #last = 0
  #partial = ""

  /** Time of the last event so far, in seconds. */
  get duration(): number {
    return this.#last
  }

  /** Adds the next chunk of the file. Chunks may be split anywhere. */
  add(text: string): void {
    const lines = (this.#partial + text).split("\n")
    this.#partial = lines.pop()!
    for (const line of lines) if (line !== "" && !line.startsWith("#")) this.#parse(JSON.parse(line))
    this.changed.emit()
  }

  end(): void {
    this.complete = true
    this.changed.emit()
  }

  /** Returns the index of the first event after the time `at`. */
  indexAfter(at: number): number {
    let [low, high] = [0, this.events.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.events[middle]!.at <= at) low = middle + 1
      else high = middle
    }
    return low
  }

  #parse(line: unknown): void {
    if (Array.isArray(line)) return this.#event(line as [number, string, string])
    const { term, timestamp = 0 } = line as { term: Size; timestamp?: number }
    this.size = { cols: term.cols, rows: term.rows }
    this.recordedAt = timestamp * 1000
  }

  /** Rounds to milliseconds, as in the file, because sums of fractions would drift. */
  #event([interval, code, data]: [number, string, string]): void {
    this.#last = Math.round((this.#last + interval) * 1000) / 1000
    if (code === "m") this.markers.push(this.events.length)
    if (code === "x") this.exit = data
    this.events.push({ at: this.#last, code, data })
  }
}

/** Reads a recording into `cast` to its end. Rejects if the stream breaks off. */
export async function readCast(body: ReadableStream<Uint8Array<ArrayBuffer>>, cast: Cast): Promise<void> {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader()
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return cast.end()
    cast.add(value)
  }
}
