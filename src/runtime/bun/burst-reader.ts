// Reader of a flooding terminal between Bun's reads, in the same thread, for holders on Linux. Reads larger
// pieces than Bun, without a poll per 4 KiB. See also `flood.ts`.

import { ptr } from "bun:ffi"
import { libc } from "../shared/libc.ts"
import { copyOfMaster } from "./flood.ts"

/** Output per piece, in bytes, and the most pieces per call of `read`. */
const PIECE = 128 << 10
const PIECES = 8
/** As in `flood-worker.ts`: yields of the processor before a terminal counts as empty. */
const YIELDS = 20
/** After this long without a turn of the event loop, in ms, reading is left to Bun. */
const STARVED_MS = 20

let system: ReturnType<typeof load> | undefined

export class BurstReader {
  readonly #descriptor: number
  #buffer = new Uint8Array(PIECE)
  #starvedAt = 0

  private constructor(descriptor: number) {
    this.#descriptor = descriptor
  }

  /** Returns a reader of the terminal of process `pid`, or null when unavailable. */
  static of(pid: number): BurstReader | null {
    if (system === undefined) system = load()
    const descriptor = system && copyOfMaster(pid)
    return descriptor === null ? null : new BurstReader(descriptor)
  }

  /**
   * Passes output to `take` until the terminal is empty or the event loop needs a turn. Call it only after
   * `take` has all output that was read before.
   */
  read(take: (bytes: Uint8Array) => void): void {
    if (this.#starves()) return
    for (let pieces = 0, length = PIECE; pieces < PIECES && length === PIECE; pieces++) {
      length = this.#fill()
      if (length === 0) return
      take(length === PIECE ? this.#buffer : this.#buffer.slice(0, length))
      if (length === PIECE) this.#buffer = new Uint8Array(PIECE)
    }
  }

  close(): void {
    system!.symbols.close(this.#descriptor)
  }

  #starves(): boolean {
    const now = performance.now()
    if (this.#starvedAt === 0) {
      this.#starvedAt = now + STARVED_MS
      setImmediate(() => {
        this.#starvedAt = 0
      })
    }
    return now > this.#starvedAt
  }

  #fill(): number {
    const { read, sched_yield } = system!.symbols
    const start = ptr(this.#buffer)
    let length = 0
    for (let yields = 0; length < PIECE && yields < YIELDS; ) {
      const n = Number(read(this.#descriptor, start + length, PIECE - length))
      if (n <= 0) sched_yield()
      yields = n > 0 ? 0 : yields + 1
      length += Math.max(0, n)
    }
    return length
  }
}

const load = () =>
  libc({
    close: { args: ["i32"], returns: "i32" },
    read: { args: ["i32", "ptr", "u64"], returns: "i64" },
    sched_yield: { args: [], returns: "i32" },
  })
