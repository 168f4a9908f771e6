// A bound on what all sessions' logs take together: whole segments go, the oldest first, and a tail of each log stays.

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

  /** Takes away what exceeds the limit. Resolves with how many bytes stay; what cannot be removed is left. */
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
    const facts = await stat(path).catch(() => null)
    if (facts) found.push({ path, bytes: facts.size, writtenAt: facts.mtimeMs })
  }
  return found
}
