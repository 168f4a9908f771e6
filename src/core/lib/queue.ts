// A queue of asynchronous work: one piece at a time, in call order.

export class Queue {
  #last: Promise<unknown> = Promise.resolve()

  /** Runs `work` after all earlier work, whether or not that failed. */
  run<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#last.then(work)
    this.#last = result.catch(() => {})
    return result
  }
}
