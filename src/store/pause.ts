// Lets others have the event loop during long work.

/** Longest time in one go, in ms. */
const SLICE_MS = 2

/** `if (pause.due) await pause.take()`, often: asking costs a clock reading. */
export class Pause {
  #begun = performance.now()

  get due(): boolean {
    return performance.now() - this.#begun >= SLICE_MS
  }

  /** One turn of the event loop. */
  async take(): Promise<void> {
    await new Promise(resolve => setImmediate(resolve))
    this.#begun = performance.now()
  }
}
