// Where the output of a run goes: to the caller as it comes, into a recording, and its end into memory.

import { copyOf } from "../../core/lib/memory.ts"
import { decode } from "../../core/lib/text.ts"
import type { Size, Stream } from "../../core/session/backend.ts"
import { put, putNow } from "../lib/print.ts"
import type { CastFile } from "./cast.ts"

/** What is kept of the end, in bytes: what `--tail` can show and `--json` gives. */
const KEPT = 1 << 20

export type OutletOptions = {
  /** Is output passed on as it comes? */
  shown: boolean
  /** Is its end kept? */
  kept: boolean
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

  /** Must the bytes be seen here, or may the program write to the caller's descriptors by itself? */
  get looks(): boolean {
    const { shown, kept, cast } = this.#options
    return !shown || kept || cast !== null
  }

  /** Takes a pipe's output; rejects with `BrokenPipe`. */
  async take(bytes: Uint8Array, stream: Stream): Promise<void> {
    this.#note(bytes)
    if (this.#options.shown) await put(stream === "stderr" ? 2 : 1, bytes)
  }

  /** Takes a terminal's output, which cannot be asked to wait: the caller's reader holds us up instead. Throws `BrokenPipe`. */
  takeNow(bytes: Uint8Array): void {
    this.#note(bytes)
    if (this.#options.shown) putNow(1, bytes)
  }

  /** The program's terminal has another size. */
  resized(size: Size): void {
    this.#options.cast?.resize(size)
  }

  /** The end of the output and how much there was before it. */
  get tail(): { text: string; omitted: number } {
    const all = Buffer.concat(this.#pieces)
    const cut = Math.max(0, all.length - KEPT)
    return { text: decode(all.subarray(cut)), omitted: this.#dropped + cut }
  }

  #note(bytes: Uint8Array): void {
    this.#options.cast?.output(bytes)
    if (!this.#options.kept) return
    this.#pieces.push(copyOf(bytes))
    this.#length += bytes.length
    while (this.#length - this.#pieces[0]!.length >= KEPT) this.#dropFirst()
  }

  #dropFirst(): void {
    const { length } = this.#pieces.shift()!
    this.#length -= length
    this.#dropped += length
  }
}

/** The last `count` lines, each whole. */
export function lastLines(text: string, count: number): string {
  let at = text.endsWith("\n") ? text.length - 1 : text.length
  for (let left = count; left > 0 && at > 0; left--) at = text.lastIndexOf("\n", at - 1)
  return count === 0 ? "" : text.slice(at <= 0 ? 0 : at + 1)
}
