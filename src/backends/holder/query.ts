// A question to the holder that is asked again at every look, by one who cannot wait for the answer.

export class HolderQuery {
  /** What the holder said since the last look; false while that is not known. */
  #answer: boolean | null = false
  /** Questions on their way, and how many of their answers are of no use any more. */
  #asked = 0
  #late = 0

  /** The answer to the look before, as `ask` sends the next question. */
  look(ask: () => void): boolean | null {
    const answer = this.#answer
    this.#answer = false
    this.#asked++
    ask()
    return answer
  }

  heard(answer: boolean | null): void {
    this.#asked--
    if (this.#late > 0) this.#late--
    else this.#answer = answer
  }

  /** Things have changed: what was asked before says nothing any more. */
  forget(): void {
    this.#answer = false
    this.#late = this.#asked
  }
}
