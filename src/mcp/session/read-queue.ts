// The queue of calls that consume one stream: they run one after the other, in call order.

type Waiting = { start: () => void }

export class ReadQueue {
  #waiting: Waiting[] = []
  #busy = false

  /** Resolves with a release function at this call's turn; with null after `ms` or an abort. */
  async enter(ms: number, signal: AbortSignal): Promise<(() => void) | null> {
    if (signal.aborted) return null
    if (!this.#busy) {
      this.#busy = true
      return this.#release()
    }
    return new Promise(resolve => this.#wait(ms, signal, resolve))
  }

  #wait(ms: number, signal: AbortSignal, resolve: (release: (() => void) | null) => void): void {
    const settle = (release: (() => void) | null) => {
      clearTimeout(timer)
      signal.removeEventListener("abort", cancel)
      resolve(release)
    }
    const entry: Waiting = { start: () => settle(this.#release()) }
    const cancel = () => {
      this.#waiting = this.#waiting.filter(other => other !== entry)
      settle(null)
    }
    const timer = setTimeout(cancel, ms)
    signal.addEventListener("abort", cancel)
    this.#waiting.push(entry)
  }

  #release(): () => void {
    let released = false
    return () => {
      if (released) return
      released = true
      const next = this.#waiting.shift()
      if (next) next.start()
      else this.#busy = false
    }
  }
}
