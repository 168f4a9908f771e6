// Long output: written to a file or to stdout piece by piece, with progress on a terminal.

import { open } from "node:fs/promises"
import { BrokenPipe, put } from "./print.ts"

/** Time between two progress messages, in ms. */
const EVERY_MS = 200

/** Writes `pieces` to a file, or to stdout if `path` is undefined or `-`. Resolves with the exit code. */
export async function pour(pieces: AsyncIterable<string>, path: string | undefined): Promise<number> {
  if (path === undefined || path === "-") return pourOut(pieces)
  const file = await open(path, "w")
  const progress = new Progress(path)
  try {
    for await (const piece of pieces) {
      const bytes = new TextEncoder().encode(piece)
      await file.writeFile(bytes)
      progress.add(bytes.length)
    }
  } finally {
    await file.close()
    progress.end()
  }
  return 0
}

/** Writes to stdout. A reader that stops reading, as `head` does, is not a failure. */
async function pourOut(pieces: AsyncIterable<string>): Promise<number> {
  try {
    for await (const piece of pieces) await put(1, piece)
  } catch (error) {
    if (!(error instanceof BrokenPipe)) throw error
  }
  return 0
}

/** Progress on stderr, only on a terminal: a pipe or a file would keep every message. */
class Progress {
  readonly #path: string
  #bytes = 0
  #shownAt = Number.NEGATIVE_INFINITY

  constructor(path: string) {
    this.#path = path
  }

  add(bytes: number): void {
    this.#bytes += bytes
    if (performance.now() - this.#shownAt >= EVERY_MS) this.#show("")
  }

  end(): void {
    this.#show("\n")
  }

  #show(end: string): void {
    this.#shownAt = performance.now()
    if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${this.#path}: ${sizeOf(this.#bytes)}${end}`)
  }
}

const sizeOf = (bytes: number): string =>
  bytes < 1 << 20 ? `${Math.ceil(bytes / 1024)} KiB` : `${(bytes / (1 << 20)).toFixed(1)} MiB`
