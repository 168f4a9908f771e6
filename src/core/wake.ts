// Waiting for the next change of something, with a way out; the wake-up call of everyone who follows a log.

/**
 * One thing that changes now and then. JavaScript runs one piece at a time, so "look, and if there is nothing, wait()"
 * without an `await` in between cannot miss a change.
 */
export class Wake {
  #waiters = new Set<() => void>()
  #patient = new Set<() => void>()

  /** Does anybody wait who is not patient? */
  get awaited(): boolean {
    return this.#waiters.size > this.#patient.size
  }

  /**
   * Calls `heard` at every `fire` from now on, until the returned function is called. `heard` must not throw. With `patient`
   * it is in no hurry: changes may come late and several at once.
   */
  listen(heard: () => void, { patient = false } = {}): () => void {
    this.#waiters.add(heard)
    if (patient) this.#patient.add(heard)
    return () => {
      this.#waiters.delete(heard)
      this.#patient.delete(heard)
    }
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
      this.#waiters.add(done)
      signal?.addEventListener("abort", done)
      if (ms !== undefined) timer = setTimeout(done, ms)
    })
  }

  fire(): void {
    for (const done of [...this.#waiters]) done()
  }
}

/** Resolves after `ms`, or when `signal` aborts. */
export function delay(ms: number, signal?: AbortSignal): Promise<void> {
  return new Wake().wait(signal, ms)
}
