// Waiting for the next change of something, with a way out; the wake-up call of everyone who follows a log.

/**
 * One thing that changes now and then. JavaScript runs one piece at a time, so "look, and if there is nothing, wait()"
 * without an `await` in between cannot miss a change.
 */
export class Wake {
  /** Who is called, and whether each is patient now. */
  #waiters = new Map<() => void, () => boolean>()

  /** Does anybody wait who is not patient? */
  get awaited(): boolean {
    for (const patient of this.#waiters.values()) if (!patient()) return true
    return false
  }

  /**
   * Calls `heard` at every `fire` from now on, until the returned function is called. `heard` must not throw. While
   * `patient` says so it is in no hurry: changes may come late and several at once.
   */
  listen(heard: () => void, patient = IMPATIENT): () => void {
    this.#waiters.set(heard, patient)
    return () => this.#waiters.delete(heard)
  }

  /** Resolves at the next `fire`, after `ms`, or when `signal` aborts; leaves nothing behind whichever it was. */
  wait(signal?: AbortSignal, ms?: number): Promise<void> {
    if (signal?.aborted || (ms !== undefined && ms <= 0)) return Promise.resolve()
    return new Promise(resolve => {
      let timer: ReturnType<typeof setTimeout> | undefined
      const done = () => {
        this.#waiters.delete(done)
        signal?.removeEventListener("abort", done)
        clearTimeout(timer)
        resolve()
      }
      this.#waiters.set(done, IMPATIENT)
      signal?.addEventListener("abort", done)
      if (ms !== undefined) timer = setTimeout(done, ms)
    })
  }

  fire(): void {
    for (const done of [...this.#waiters.keys()]) done()
  }
}

/** A viewer that had no room for this long, in ms, waits for nothing: it may be patient. */
export const STALLED_MS = 200
const IMPATIENT = () => false

/** Resolves after `ms`, or when `signal` aborts. */
export function delay(ms: number, signal?: AbortSignal): Promise<void> {
  return new Wake().wait(signal, ms)
}
