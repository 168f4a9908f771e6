// Atomic replacement of small private files.

import { randomBytes } from "node:crypto"
import { closeSync, fsync, fsyncSync, linkSync, openSync, renameSync, rmSync, writeSync } from "node:fs"
import { open, rename, rm } from "node:fs/promises"
import { dirname } from "node:path"
import { syncDirectory } from "../segments/sync.ts"

/**
 * Replaces a file atomically: readers see the old bytes or the new ones, even if this process is killed. Does
 * not wait for the disk; the bytes are synced later, off the event loop.
 */
export function replaceFile(path: string, bytes: Uint8Array): void {
  const next = temporaryPath(path)
  const fd = writeNew(next, bytes)
  try {
    renameSync(next, path)
  } catch (error) {
    rmSync(next, { force: true })
    closeSync(fd)
    throw error
  }
  fsync(fd, () => closeSync(fd))
}

/** Like `replaceFile`; when it resolves, the new bytes survive a crash of the machine. */
export async function replaceFileDurably(path: string, bytes: Uint8Array): Promise<void> {
  const next = temporaryPath(path)
  const file = await open(next, "wx", 0o600)
  try {
    await file.writeFile(bytes)
    await file.sync()
    await rename(next, path)
  } catch (error) {
    await rm(next, { force: true })
    throw error
  } finally {
    await file.close()
  }
  syncDirectory(dirname(path))
}

/** Creates a file and syncs it to the disk. Returns false if the file already exists. */
export function createFile(path: string, bytes: Uint8Array): boolean {
  const next = temporaryPath(path)
  const fd = writeNew(next, bytes)
  try {
    fsyncSync(fd)
    linkSync(next, path)
    syncDirectory(dirname(path))
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false
    throw error
  } finally {
    closeSync(fd)
    rmSync(next, { force: true })
  }
}

function temporaryPath(path: string): string {
  return `${path}.${randomBytes(6).toString("hex")}`
}

/** Returns the descriptor. Removes the file and throws on an error. */
function writeNew(path: string, bytes: Uint8Array): number {
  const fd = openSync(path, "wx", 0o600)
  try {
    for (let at = 0; at < bytes.byteLength; ) at += writeSync(fd, bytes, at)
    return fd
  } catch (error) {
    closeSync(fd)
    rmSync(path, { force: true })
    throw error
  }
}
