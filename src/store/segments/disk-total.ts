// Bounds the disk space of all logs together: drops the oldest segments, but never the newest of a log.

import { readdir, rm, stat } from "node:fs/promises"
import { join } from "node:path"
import { listSegments } from "./list.ts"

type Segment = { path: string; bytes: number; writtenAt: number }

export class DiskTotal {
  readonly #directory: string
  readonly #limit: number

  /** `limit`: bytes of segments under `state`. */
  constructor(state: string, limit: number) {
    this.#directory = join(state, "sessions")
    this.#limit = limit
  }

  /** Drops segments until the rest fits. Ignores files it cannot remove. Resolves with the bytes left. */
  async sweep(): Promise<number> {
    const logs = await this.#logs()
    let total = logs.flat().reduce((sum, { bytes }) => sum + bytes, 0)
    const spare = logs.flatMap(segments => segments.slice(0, -1)).sort((a, b) => a.writtenAt - b.writtenAt)
    for (const { path, bytes } of spare) {
      if (total <= this.#limit) break
      await rm(path, { force: true }).catch(() => {})
      total -= bytes
    }
    return total
  }

  async #logs(): Promise<Segment[][]> {
    const names = await readdir(this.#directory).catch(() => [])
    return Promise.all(names.map(name => segmentsIn(join(this.#directory, name))))
  }
}

async function segmentsIn(directory: string): Promise<Segment[]> {
  const found: Segment[] = []
  for (const { path } of listSegments(directory)) {
    const stats = await stat(path).catch(() => null)
    if (stats) found.push({ path, bytes: stats.size, writtenAt: stats.mtimeMs })
  }
  return found
}
