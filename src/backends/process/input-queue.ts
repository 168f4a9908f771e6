// Queue for a child's input: hands over one small piece at a time and never blocks.

/**
 * `send` hands a piece to the system. It returns a promise when the next piece must wait. `push` sends the
 * first piece after idle before it returns, so a keystroke does not wait.
 */
export class InputQueue {
  #waiting: Uint8Array[] = []
  #bytes = 0
  #busy = false
  #closed = false
  #whenEmpty: (() => void) | null = null
  #send: (piece: Uint8Array) => Promise<void> | undefined
  #pieceSize: number

  constructor(pieceSize: number, send: (piece: Uint8Array) => Promise<void> | undefined) {
    this.#pieceSize = pieceSize
    this.#send = send
  }

  /** Bytes that are not handed over yet. */
  get pending(): number {
    return this.#bytes
  }

  push(data: Uint8Array): void {
    if (this.#closed) return
    for (let at = 0; at < data.byteLength; at += this.#pieceSize)
      this.#waiting.push(data.subarray(at, at + this.#pieceSize))
    this.#bytes += data.byteLength
    this.#pump()
  }

  /** Calls `action` once the queue is empty. Push nothing after this call. */
  finish(action: () => void): void {
    this.#whenEmpty = action
    this.#pump()
  }

  /** Drops pending input and all later input. */
  close(): void {
    this.#closed = true
    this.#waiting = []
    this.#bytes = 0
  }

  #finished(): void {
    this.#whenEmpty?.()
    this.#whenEmpty = null
  }

  #pump(): void {
    while (!this.#busy && !this.#closed) {
      const piece = this.#waiting.shift()
      if (!piece) return this.#finished()
      const sent = this.#send(piece)
      if (!sent) {
        this.#bytes -= piece.byteLength
        continue
      }
      this.#busy = true
      const done = () => {
        this.#busy = false
        if (this.#closed) return
        this.#bytes -= piece.byteLength
        this.#pump()
      }
      sent.then(done, done)
    }
  }
}
