// Facts about a session that the disk has not accepted yet.

import { copyOf } from "../../core/lib/memory.ts"
import type { LogFrame } from "../frames/frame.ts"

/** Keeps this many markers, the newest, and always the newest resize and exit. */
const MAX_MARKERS = 100

export class PendingFacts {
  #frames: LogFrame[] = []

  get empty(): boolean {
    return this.#frames.length === 0
  }

  /** Copies the payload, because its owner may reuse the memory. */
  add(frame: LogFrame): void {
    if (frame.type !== "marker") this.#frames = this.#frames.filter(pending => pending.type !== frame.type)
    this.#frames.push({ ...frame, payload: copyOf(frame.payload) })
    const markers = this.#frames.filter(pending => pending.type === "marker")
    if (markers.length > MAX_MARKERS) this.#frames.splice(this.#frames.indexOf(markers[0]!), 1)
  }

  /** Passes the frames to `write` in order. A frame for which it throws stays, with the later ones. */
  flush(write: (frame: LogFrame) => void): void {
    for (let frame = this.#frames[0]; frame; frame = this.#frames[0]) {
      write(frame)
      this.#frames.shift()
    }
  }
}
