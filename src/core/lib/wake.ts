// Wake-up calls: waits for the next change, until a timeout or an abort. Wakes the followers of a log.

/** Check the state, then `wait` with no `await` in between: no change is missed, as tasks run one by one. */
export class Wake {
  /** The waiters, each with a function that says whether it is patient now. */
  #waiters = new Map<() => void, () => boolean>()

  /** Whether a waiter that is not patient exists. */
  get awaited(): boolean {
    for (const patient of this.#waiters.values()) if (!patient()) return true
    return false
  }

  /** `listener` must not throw. While `patient` returns true, changes may come late, and several at once. */
  listen(listener: () => void, patient = IMPATIENT): () => void {
    this.#waiters.set(listener, patient)
    return () => this.#waiters.delete(listener)
  }

  /** Resolves at the next `fire`, after `ms`, or when `signal` aborts. Always removes its listeners. */
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

/** A viewer whose socket was full for this long, in ms, is patient. */
export const STALLED_MS = 200
const IMPATIENT = () => false

/** Resolves after `ms`, or when `signal` aborts. */
export function delay(ms: number, signal?: AbortSignal): Promise<void> {
  return new Wake().wait(signal, ms)
}
