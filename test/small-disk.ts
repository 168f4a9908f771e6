// A small file system that can be filled: a tmpfs, if one may be mounted. Otherwise CI fails.

import { beforeAll } from "bun:test"
import { spawnSync } from "node:child_process"
import { rmSync, statfsSync, writeFileSync } from "node:fs"
import { join } from "node:path"

export class SmallDisk {
  /** True if it is mounted. */
  readonly there: boolean
  readonly #path: string

  /** Mounts over an empty directory while tests are collected. `size`: as in mount(8), such as `1m`. */
  constructor(path: string, size: string) {
    this.#path = path
    this.there = process.platform === "linux" && process.getuid?.() === 0 && this.#mount(size)
    beforeAll(() => {
      if (this.there) return
      console.error("\n*** NOT TESTED: a full disk (cannot mount a tmpfs) ***\n")
      if (process.env.CI === "true") throw new Error("a full disk was not tested: tmpfs cannot be mounted")
    })
  }

  /** Fills the disk except for `spare` bytes. Returns a function that frees the space. */
  fill(spare = 0): () => void {
    const filler = join(this.#path, "filler")
    const { bavail, bsize } = statfsSync(this.#path)
    writeFileSync(filler, Buffer.alloc(Math.max(0, bavail * bsize - spare)))
    return () => rmSync(filler)
  }

  [Symbol.dispose](): void {
    if (this.there) spawnSync("umount", ["-l", this.#path])
  }

  #mount(size: string): boolean {
    const options = `size=${size},mode=700`
    return spawnSync("mount", ["-t", "tmpfs", "-o", options, "tmpfs", this.#path]).status === 0
  }
}
