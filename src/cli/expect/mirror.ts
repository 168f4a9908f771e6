// Prints the program's output while a script runs, with secrets masked.

import type { Dialogue } from "../../expect/dialogue.ts"
import { Redactor } from "../../expect/redact.ts"
import { show } from "../lib/print.ts"

/** Time between two reads, in ms. */
const POLL_MS = 30

export class Mirror implements AsyncDisposable {
  readonly #dialogue: Dialogue
  readonly #shown: boolean
  readonly #redactor: Redactor
  readonly #decoder = new TextDecoder()
  #offset = 0
  #over = false
  readonly #watching: Promise<void>

  constructor(dialogue: Dialogue, shown: boolean) {
    this.#dialogue = dialogue
    this.#shown = shown
    this.#redactor = new Redactor(dialogue.secrets)
    this.#watching = shown ? this.#watch() : Promise.resolve()
  }

  /** Prints the remaining output and stops. */
  async settle(): Promise<void> {
    this.#over = true
    await this.#watching
    if (!this.#shown) return
    await this.#print()
    await show(this.#redactor.pass(this.#decoder.decode(), true))
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#over = true
    return this.#watching
  }

  async #watch(): Promise<void> {
    while (!this.#over) {
      await this.#print()
      await new Promise(resolve => setTimeout(resolve, POLL_MS))
    }
  }

  async #print(): Promise<void> {
    for (;;) {
      const { data, next } = await this.#dialogue.output(this.#offset)
      this.#offset = next
      if (data.length === 0) return
      await show(this.#redactor.pass(this.#decoder.decode(data, { stream: true })))
    }
  }
}
