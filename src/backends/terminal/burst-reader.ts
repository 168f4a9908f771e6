// A flooding terminal read by ourselves between Bun's own reads of it, in the same thread: what a holder does, which has no other
// thread (see `flood.ts`). Larger pieces, no poll for each 4 KiB, and no memory but that of the pieces. Linux only.

import { ptr } from "bun:ffi"
import { libc } from "../process/libc.ts"
import { copyOfMaster } from "./flood.ts"

/** Output per piece, in bytes, and how many pieces are read at a time. */
const PIECE = 128 << 10
const PIECES = 8
/** As in `flood-worker.ts`: how often the processor is left to others before a terminal counts as empty. */
const TURNS = 20
/** When the event loop has had no turn for this long, in ms, everything is left to Bun, which gives it one when nothing is there. */
const STARVED_MS = 20

let system: ReturnType<typeof load> | undefined

export class BurstReader {
  readonly #descriptor: number
  #buffer = new Uint8Array(PIECE)
  #starvedAt = 0

  private constructor(descriptor: number) {
    this.#descriptor = descriptor
  }

  /** Of the terminal of process `pid`; null where that cannot be had. */
  static of(pid: number): BurstReader | null {
    if (system === undefined) system = load()
    const descriptor = system && copyOfMaster(pid)
    return descriptor === null ? null : new BurstReader(descriptor)
  }

  /** To be called with nothing read that `take` has not got. Reads until the terminal is empty, or for long enough. */
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
    for (let turns = 0; length < PIECE && turns < TURNS; ) {
      const n = Number(read(this.#descriptor, start + length, PIECE - length))
      if (n <= 0) sched_yield()
      turns = n > 0 ? 0 : turns + 1
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
