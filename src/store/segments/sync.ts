// Decides when written bytes are synced to the physical disk: `always`, at an `interval`, or `never`.

import { closeSync, fdatasync, fdatasyncSync, fsync, fsyncSync, openSync } from "node:fs"
import { attempt } from "../../core/lib/attempt.ts"

export type SyncPolicy = "always" | "interval" | "never"

const INTERVAL_MS = 1000
/** Files synced before they are closed. More could use up descriptors on a slow disk. */
const MAX_CLOSING = 16

/**
 * Protects against a crash of the machine; a crash of the process loses nothing under any policy. At an
 * interval, syncs off the event loop. Ignores errors: a later write reports them.
 */
export class Syncer {
  readonly #policy: SyncPolicy
  #timer: ReturnType<typeof setTimeout> | null = null
  #dirty: number | null = null
  #closing = 0

  constructor(policy: SyncPolicy) {
    this.#policy = policy
  }

  /** Call after writing to `fd`, the only file that is being written. */
  wrote(fd: number): void {
    if (this.#policy === "always") return attempt(() => fdatasyncSync(fd))
    this.#dirty = fd
    if (this.#policy === "never" || this.#timer) return
    this.#timer = setTimeout(() => this.#tick(), INTERVAL_MS)
    this.#timer.unref()
  }

  /** Call after creating a file in `directory`; otherwise its name can be lost. */
  created(directory: string): void {
    if (this.#policy === "always") attempt(() => syncDirectory(directory))
    if (this.#policy === "interval") syncDirectoryAsync(directory)
  }

  /** Closes `fd`, after a sync if the policy is `interval`. */
  close(fd: number): void {
    if (this.#dirty === fd) this.#dirty = null
    if (this.#policy !== "interval" || this.#closing >= MAX_CLOSING) return attempt(() => closeSync(fd))
    this.#closing++
    fdatasync(fd, () => {
      this.#closing--
      attempt(() => closeSync(fd))
    })
  }

  /** Syncs now and waits, under any policy. */
  flush(fd: number): void {
    this.#dirty = null
    attempt(() => fdatasyncSync(fd))
  }

  stop(): void {
    if (this.#timer) clearTimeout(this.#timer)
    this.#timer = null
  }

  #tick(): void {
    this.#timer = null
    if (this.#dirty !== null) fdatasync(this.#dirty, () => {})
    this.#dirty = null
  }
}

export function syncDirectory(directory: string): void {
  const fd = openSync(directory, "r")
  try {
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
}

function syncDirectoryAsync(directory: string): void {
  attempt(() => {
    const fd = openSync(directory, "r")
    fsync(fd, () => attempt(() => closeSync(fd)))
  })
}
