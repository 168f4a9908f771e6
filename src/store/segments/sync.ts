// When written bytes are made to outlive the machine: `always`, at an `interval`, or `never` by us.

import { closeSync, fdatasync, fdatasyncSync, fsync, fsyncSync, openSync } from "node:fs"

export type SyncPolicy = "always" | "interval" | "never"

const INTERVAL_MS = 1000
/** Files that may wait for a slow disk to be closed; more would use up descriptors, so they are closed without. */
const MOST_LEAVING = 16

/**
 * A process that dies loses nothing under any policy, for the system has the bytes; this is about the machine's death.
 * At an interval the waiting is done off the event loop. Errors are kept quiet: a later write will meet them.
 */
export class Syncer {
  readonly #policy: SyncPolicy
  #timer: ReturnType<typeof setTimeout> | null = null
  #dirty: number | null = null
  #leaving = 0

  constructor(policy: SyncPolicy) {
    this.#policy = policy
  }

  /** Bytes went to `fd`, the only file that is written now. */
  wrote(fd: number): void {
    if (this.#policy === "always") return quietly(() => fdatasyncSync(fd))
    this.#dirty = fd
    if (this.#policy === "never" || this.#timer) return
    this.#timer = setTimeout(() => this.#tick(), INTERVAL_MS)
    this.#timer.unref()
  }

  /** A file was made in `directory`; without this its name may be lost though its bytes are not. */
  made(directory: string): void {
    if (this.#policy === "always") quietly(() => syncDirectory(directory))
    if (this.#policy === "interval") syncDirectoryLater(directory)
  }

  /** Nothing more goes to `fd`: syncs it if the policy says so, and closes it. */
  leave(fd: number): void {
    if (this.#dirty === fd) this.#dirty = null
    if (this.#policy !== "interval" || this.#leaving >= MOST_LEAVING) return quietly(() => closeSync(fd))
    this.#leaving++
    fdatasync(fd, () => {
      this.#leaving--
      quietly(() => closeSync(fd))
    })
  }

  /** Now, and waiting for it, whatever the policy. */
  flush(fd: number): void {
    this.#dirty = null
    quietly(() => fdatasyncSync(fd))
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

function syncDirectoryLater(directory: string): void {
  quietly(() => {
    const fd = openSync(directory, "r")
    fsync(fd, () => quietly(() => closeSync(fd)))
  })
}

function quietly(work: () => void): void {
  try {
    work()
  } catch {
    // The disk is in trouble; who writes next is told.
  }
}
