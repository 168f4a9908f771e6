// Pauses of a reader: without them, output arrives in many short reads, which cost many times more.

/** Reads this close together, in ms, are a stream; after this many of them a pause pays off. */
const CLOSE_MS = 0.25
const STREAM_READS = 16
/** The kernel rounds it up to about 70 us. */
const PAUSE_MS = 0.02
const NEVER_NOTIFIED = new Int32Array(new SharedArrayBuffer(4))

/**
 * Pauses the thread after short reads of a stream, so that the next read is larger. Call `received` after
 * passing a read on: the pause delays only later output. A key's echo or a prompt is not a stream.
 */
export class ReadCoalescer {
  #shortRead: number
  #lastAt = 0
  #reads = 0

  /** `shortRead`: pauses after reads below this, in bytes. It must be well below the kernel's buffer. */
  constructor(shortRead: number) {
    this.#shortRead = shortRead
  }

  received(length: number): void {
    const close = performance.now() - this.#lastAt < CLOSE_MS
    this.#reads = close ? this.#reads + 1 : 0
    if (this.#reads >= STREAM_READS && length < this.#shortRead) Atomics.wait(NEVER_NOTIFIED, 0, 0, PAUSE_MS)
    this.#lastAt = performance.now()
  }
}
