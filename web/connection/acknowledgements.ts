// Tells the server how far this viewer has parsed, seldom enough to be cheap and often enough to keep its window open.

const FRAME_MS = 16
/** An eighth of the server's window, so that it never runs dry while a frame is awaited. */
const AT_ONCE = 64 << 10

export class Acks {
  readonly #send: (offset: number) => void
  #sent = 0
  #parsed = 0
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(send: (offset: number) => void) {
    this.#send = send
  }

  /** A timer and not an animation frame: hidden tabs get no frames, and their acks must not stop. */
  parsed(offset: number): void {
    this.#parsed = offset
    if (offset - this.#sent >= AT_ONCE) this.#flush()
    else this.#timer ??= setTimeout(() => this.#flush(), FRAME_MS)
  }

  /** Starts over on a new connection. */
  restart(offset: number): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#sent = offset
    this.#parsed = offset
  }

  #flush(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    if (this.#parsed === this.#sent) return
    this.#sent = this.#parsed
    this.#send(this.#parsed)
  }
}
