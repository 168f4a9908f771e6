// Where a run's output goes: to the caller, into a recording, and its last part into memory.

import { copyOf } from "../../core/lib/memory.ts"
import { decode } from "../../core/lib/text.ts"
import type { Size, Stream } from "../../core/session/backend.ts"
import { put, putNow } from "../lib/print.ts"
import type { CastFile } from "./cast.ts"

/** How much of the end of the output is kept for `--tail` and `--json`, in bytes. */
const KEEP_BYTES = 1 << 20

type OutletOptions = {
  /** True to pass output on at once. */
  shown: boolean
  /** True to keep the end of the output. */
  keep: boolean
  cast: CastFile | null
}

export class Outlet {
  readonly #options: OutletOptions
  #pieces: Uint8Array[] = []
  #length = 0
  #dropped = 0

  constructor(options: OutletOptions) {
    this.#options = options
  }

  /** True if output is needed here; otherwise the program may write to the caller's descriptors itself. */
  get reads(): boolean {
    const { shown, keep, cast } = this.#options
    return !shown || keep || cast !== null
  }

  /** Takes output of a pipe. Rejects with `BrokenPipe`. */
  async take(bytes: Uint8Array, stream: Stream): Promise<void> {
    this.#note(bytes)
    if (this.#options.shown) await put(stream === "stderr" ? 2 : 1, bytes)
  }

  /** Takes output of a terminal, which cannot be paused: blocks until it is written. Throws `BrokenPipe`. */
  takeNow(bytes: Uint8Array): void {
    this.#note(bytes)
    if (this.#options.shown) putNow(1, bytes)
  }

  /** Records a new size of the program's terminal. */
  resized(size: Size): void {
    this.#options.cast?.resize(size)
  }

  /** The end of the output, and the number of bytes before it. */
  get tail(): { text: string; omitted: number } {
    const all = Buffer.concat(this.#pieces)
    const cut = Math.max(0, all.length - KEEP_BYTES)
    return { text: decode(all.subarray(cut)), omitted: this.#dropped + cut }
  }

  #note(bytes: Uint8Array): void {
    this.#options.cast?.output(bytes)
    if (!this.#options.keep) return
    this.#pieces.push(copyOf(bytes))
    this.#length += bytes.length
    while (this.#length - this.#pieces[0]!.length >= KEEP_BYTES) this.#dropFirst()
  }

  #dropFirst(): void {
    const { length } = this.#pieces.shift()!
    this.#length -= length
    this.#dropped += length
  }
}

/** Returns the last `count` whole lines. */
export function lastLines(text: string, count: number): string {
  let at = text.endsWith("\n") ? text.length - 1 : text.length
  for (let left = count; left > 0 && at > 0; left--) at = text.lastIndexOf("\n", at - 1)
  return count === 0 ? "" : text.slice(at <= 0 ? 0 : at + 1)
}
