// A long answer on its way out: into a file or to stdout, as fast as that takes it, with a word on how far it is.

import { open } from "node:fs/promises"
import { BrokenPipe, put } from "./print.ts"

/** Between two words on how far it is, in ms. */
const EVERY_MS = 200

/** Writes `pieces` as they come; `path` undefined or `-` is stdout. Resolves with the exit code. Rejects with what went wrong. */
export async function pour(pieces: AsyncIterable<string>, path: string | undefined): Promise<number> {
  if (path === undefined || path === "-") return pourOut(pieces)
  const file = await open(path, "w")
  const progress = new Progress(path)
  try {
    for await (const piece of pieces) {
      const bytes = new TextEncoder().encode(piece)
      await file.writeFile(bytes)
      progress.wrote(bytes.length)
    }
  } finally {
    await file.close()
    progress.end()
  }
  return 0
}

/** A reader that has had enough, as `head` does, is no failure. */
async function pourOut(pieces: AsyncIterable<string>): Promise<number> {
  try {
    for await (const piece of pieces) await put(1, piece)
  } catch (error) {
    if (!(error instanceof BrokenPipe)) throw error
  }
  return 0
}

/** On stderr, and only on a terminal: a pipe or a file would keep every step. */
class Progress {
  readonly #path: string
  #bytes = 0
  #told = Number.NEGATIVE_INFINITY

  constructor(path: string) {
    this.#path = path
  }

  wrote(bytes: number): void {
    this.#bytes += bytes
    if (performance.now() - this.#told >= EVERY_MS) this.#tell("")
  }

  end(): void {
    this.#tell("\n")
  }

  #tell(end: string): void {
    this.#told = performance.now()
    if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${this.#path}: ${sizeOf(this.#bytes)}${end}`)
  }
}

const sizeOf = (bytes: number): string =>
  bytes < 1 << 20 ? `${Math.ceil(bytes / 1024)} KiB` : `${(bytes / (1 << 20)).toFixed(1)} MiB`
