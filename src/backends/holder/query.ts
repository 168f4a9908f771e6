// Query to the holder that is repeated at every call, for a caller that cannot wait for the answer.

export class HolderQuery {
  /** The answer to the last query; false until it arrives. */
  #answer: boolean | null = false
  /** Queries without an answer yet, and how many of those answers are outdated. */
  #pending = 0
  #outdated = 0

  /** Returns the answer to the last query, and sends the next one with `send`. */
  ask(send: () => void): boolean | null {
    const answer = this.#answer
    this.#answer = false
    this.#pending++
    send()
    return answer
  }

  answered(answer: boolean | null): void {
    this.#pending--
    if (this.#outdated > 0) this.#outdated--
    else this.#answer = answer
  }

  /** Discards the answers to all earlier queries. */
  invalidate(): void {
    this.#answer = false
    this.#outdated = this.#pending
  }
}
