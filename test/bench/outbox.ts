// Bytes on their way into a Bun socket that takes them when it can.

type Wire = { write(data: Uint8Array): number; end(): void }

export class Outbox {
  #socket: Wire | null = null
  #waiting: Uint8Array[] = []
  #open = Promise.withResolvers<void>()
  #empty: (() => void) | null = null

  get opened(): Promise<void> {
    return this.#open.promise
  }

  open(socket: Wire): void {
    this.#socket = socket
    this.#open.resolve()
  }

  push(bytes: Uint8Array): void {
    this.#waiting.push(bytes)
    this.flush()
  }

  flush(): void {
    for (let first = this.#waiting[0]; first; first = this.#waiting[0]) {
      const sent = Math.max(0, this.#socket!.write(first))
      if (sent < first.length) {
        this.#waiting[0] = first.subarray(sent)
        return
      }
      this.#waiting.shift()
    }
    this.#empty?.()
  }

  /** Closes when everything was taken. */
  async end(): Promise<void> {
    if (this.#waiting.length > 0) await new Promise<void>(resolve => (this.#empty = resolve))
    this.#socket?.end()
  }
}
