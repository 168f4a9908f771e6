// A file system that is soon full: a tmpfs of its own, where one may be mounted. Told loudly when not, and CI fails then.

import { beforeAll } from "bun:test"
import { rmSync, statfsSync, writeFileSync } from "node:fs"
import { join } from "node:path"

export class SmallDisk {
  /** Could it be mounted? */
  readonly there: boolean
  readonly #path: string

  /** Over the empty directory `path`; `size` as mount(8) takes it, such as `1m`. To be called while tests are collected. */
  constructor(path: string, size: string) {
    this.#path = path
    this.there = process.platform === "linux" && process.getuid?.() === 0 && this.#mount(size)
    beforeAll(() => {
      if (this.there) return
      console.error("\n*** NOT TESTED: a full disk, for no small file system can be mounted here ***\n")
      if (process.env.CI === "true") throw new Error("a full disk was not tested: tmpfs cannot be mounted")
    })
  }

  /** Takes all space that is left but `spare` bytes; the returned function gives it back. */
  fill(spare = 0): () => void {
    const filler = join(this.#path, "filler")
    const { bavail, bsize } = statfsSync(this.#path)
    writeFileSync(filler, Buffer.alloc(Math.max(0, bavail * bsize - spare)))
    return () => rmSync(filler)
  }

  [Symbol.dispose](): void {
    if (this.there) Bun.spawnSync(["umount", "-l", this.#path])
  }

  #mount(size: string): boolean {
    const options = `size=${size},mode=700`
    return Bun.spawnSync(["mount", "-t", "tmpfs", "-o", options, "tmpfs", this.#path]).exitCode === 0
  }
}
