// Small files that are replaced whole and are their owner's alone.

import { randomBytes } from "node:crypto"
import { closeSync, fsync, fsyncSync, linkSync, openSync, renameSync, rmSync, writeSync } from "node:fs"
import { open, rename, rm } from "node:fs/promises"
import { dirname } from "node:path"
import { syncDirectory } from "../segments/sync.ts"

/**
 * Readers see the old bytes or the new ones, also after this process was killed. The disk is not waited for: the bytes
 * are on it a little later, off the event loop.
 */
export function replaceFile(path: string, bytes: Uint8Array): void {
  const next = temporary(path)
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

/** As `replaceFile`, and when this resolves the new bytes outlive the machine's death too. */
export async function replaceFileDurably(path: string, bytes: Uint8Array): Promise<void> {
  const next = temporary(path)
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

/** Makes a file that must be on the disk before anything depends on it. False when somebody else made it first. */
export function createFile(path: string, bytes: Uint8Array): boolean {
  const next = temporary(path)
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

function temporary(path: string): string {
  return `${path}.${randomBytes(6).toString("hex")}`
}

/** Answers the descriptor; leaves no file behind when it cannot be written. */
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
