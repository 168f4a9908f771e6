// Calls that consume one stream run one after the other, in the order they came.

type Waiting = { go: () => void }

export class ReadQueue {
  #waiting: Waiting[] = []
  #busy = false

  /** Resolves when it is this call's turn, with what ends the turn; with null when `ms` passed or `signal` aborted before. */
  async enter(ms: number, signal: AbortSignal): Promise<(() => void) | null> {
    if (signal.aborted) return null
    if (!this.#busy) {
      this.#busy = true
      return this.#leave()
    }
    return new Promise(resolve => this.#queue(ms, signal, resolve))
  }

  #queue(ms: number, signal: AbortSignal, resolve: (leave: (() => void) | null) => void): void {
    const settle = (leave: (() => void) | null) => {
      clearTimeout(timer)
      signal.removeEventListener("abort", giveUp)
      resolve(leave)
    }
    const entry: Waiting = { go: () => settle(this.#leave()) }
    const giveUp = () => {
      this.#waiting = this.#waiting.filter(other => other !== entry)
      settle(null)
    }
    const timer = setTimeout(giveUp, ms)
    signal.addEventListener("abort", giveUp)
    this.#waiting.push(entry)
  }

  #leave(): () => void {
    let here = true
    return () => {
      if (!here) return
      here = false
      const next = this.#waiting.shift()
      if (next) next.go()
      else this.#busy = false
    }
  }
}
