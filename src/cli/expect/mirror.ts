// The program's output for whoever watches the script: as it comes, without the secrets.

import type { Dialogue } from "../../expect/dialogue.ts"
import { Redactor } from "../../expect/redact.ts"
import { show } from "../lib/print.ts"

/** Between two looks, in ms. */
const LOOK_MS = 30

export class Mirror implements AsyncDisposable {
  readonly #dialogue: Dialogue
  readonly #shown: boolean
  readonly #redactor: Redactor
  readonly #decoder = new TextDecoder()
  #offset = 0
  #over = false
  readonly #done: Promise<void>

  constructor(dialogue: Dialogue, shown: boolean) {
    this.#dialogue = dialogue
    this.#shown = shown
    this.#redactor = new Redactor(dialogue.secrets)
    this.#done = shown ? this.#watch() : Promise.resolve()
  }

  /** All that there is now has been shown. */
  async settle(): Promise<void> {
    this.#over = true
    await this.#done
    if (!this.#shown) return
    await this.#more()
    await show(this.#redactor.pass(this.#decoder.decode(), true))
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#over = true
    return this.#done
  }

  async #watch(): Promise<void> {
    while (!this.#over) {
      await this.#more()
      await new Promise(resolve => setTimeout(resolve, LOOK_MS))
    }
  }

  async #more(): Promise<void> {
    for (;;) {
      const { data, next } = await this.#dialogue.output(this.#offset)
      this.#offset = next
      if (data.length === 0) return
      await show(this.#redactor.pass(this.#decoder.decode(data, { stream: true })))
    }
  }
}
