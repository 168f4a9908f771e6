// Long work in short turns: after a few milliseconds everybody else has theirs.

import { delay } from "./wake.ts"

/** How long one turn may hold the event loop, in ms. */
const TURN_MS = 4

export class Turns {
  #begun = Number.NEGATIVE_INFINITY

  /** To be asked often: is the turn over? Then `pause` is to be awaited. */
  get over(): boolean {
    return performance.now() - this.#begun >= TURN_MS
  }

  /** A timer and not an immediate: timers and sockets do not get their turn between immediates. */
  async pause(): Promise<void> {
    await delay(1)
    this.#begun = performance.now()
  }
}
