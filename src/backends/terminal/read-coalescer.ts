// Naps of the reader: a program whose output is read the moment it is there is read in crumbs, at many times the cost.

/** Pieces that follow each other this closely, in ms, are a stream; after so many of them it is worth a nap. */
const CLOSE_MS = 0.25
const MANY = 16
/** The kernel makes about 70 us of it. */
const NAP_MS = 0.02
/**
 * One output's naps. To be told of every piece after it was passed on: only what comes next waits, and then arrives in one
 * large piece. A key's echo or a prompt is not a stream.
 */
export class ReadCoalescer {
  #crumb: number
  #lastAt = 0
  #run = 0

  /** `crumb`: pieces shorter than this, in bytes, are worth a nap; well below what the kernel keeps for a reader. */
  constructor(crumb: number) {
    this.#crumb = crumb
  }

  noticed(length: number): void {
    const close = performance.now() - this.#lastAt < CLOSE_MS
    this.#run = close ? this.#run + 1 : 0
    if (this.#run >= MANY && length < this.#crumb) Atomics.wait(NOTHING, 0, 0, NAP_MS)
    this.#lastAt = performance.now()
  }
}

const NOTHING = new Int32Array(new SharedArrayBuffer(4))
