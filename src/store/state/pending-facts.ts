// Facts about a session that the disk did not take yet.

import { copyOf } from "../../core/lib/memory.ts"
import type { LogFrame } from "../frames/frame.ts"

/** Of markers the newest stay; a resize and an exit always, the newest of each. */
const MOST_MARKERS = 100

export class PendingFacts {
  #frames: LogFrame[] = []

  get empty(): boolean {
    return this.#frames.length === 0
  }

  /** Copies the payload: its owner may use that memory again. */
  add(frame: LogFrame): void {
    if (frame.type !== "marker") this.#frames = this.#frames.filter(owed => owed.type !== frame.type)
    this.#frames.push({ ...frame, payload: copyOf(frame.payload) })
    const markers = this.#frames.filter(owed => owed.type === "marker")
    if (markers.length > MOST_MARKERS) this.#frames.splice(this.#frames.indexOf(markers[0]!), 1)
  }

  /** Hands over one after the other; what `write` throws for stays. */
  pay(write: (frame: LogFrame) => void): void {
    for (let frame = this.#frames[0]; frame; frame = this.#frames[0]) {
      write(frame)
      this.#frames.shift()
    }
  }
}
