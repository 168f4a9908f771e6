// Frames on their way into a Bun socket, which takes of each as much as the system has room for.

import { copyOf, release } from "../../core/lib/memory.ts"

/** `write` answers how many bytes it took; below zero, that the socket is gone. */
export type Wire = { write(data: Uint8Array): number }

export class Outbox {
  #wire: Wire | null = null
  #waiting: Uint8Array[] = []
  /** How much of the first was taken. */
  #sent = 0

  /** Was everything taken? */
  get empty(): boolean {
    return this.#waiting.length === 0
  }

  /** What was pushed before goes out now. */
  open(wire: Wire): void {
    this.#wire = wire
    this.flush()
  }

  /** Takes ownership of `frame`: it is freed when it was sent. */
  push(frame: Uint8Array): void {
    this.#waiting.push(frame)
    if (this.#waiting.length === 1) this.flush()
  }

  /** As `push`, of bytes that stay their owner's and may change later: what is not taken at once is copied. */
  lend(bytes: Uint8Array): void {
    const sent = this.empty && this.#wire ? Math.max(0, this.#wire.write(bytes)) : 0
    if (sent < bytes.length) this.push(copyOf(bytes.subarray(sent)))
  }

  /** To be called when the socket has room again. */
  flush(): void {
    for (let first = this.#waiting[0]; this.#wire && first; first = this.#waiting[0]) {
      this.#sent += Math.max(0, this.#wire.write(first.subarray(this.#sent)))
      if (this.#sent < first.length) return
      this.#waiting.shift()
      this.#sent = 0
      release(first)
    }
  }
}
