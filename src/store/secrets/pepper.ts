// The pepper: a secret file of MOP's data directory. Public keys, key hashes and archives depend on it.

import { createHmac, randomBytes } from "node:crypto"
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { PtylineError } from "../../core/lib/errors.ts"
import { createFile } from "../state/files.ts"
import { makePrivate } from "./owned-file.ts"

const FRESH_BYTES = 64

/**
 * Returns the pepper of a data directory; creates it on first use and accepts any content (contract mop 2.7).
 * Throws `denied` if other users can change the file and `unavailable` if it is empty: either would make the
 * hashes insecure.
 */
export function loadPepper(directory: string): Uint8Array {
  const path = join(directory, "pepper")
  if (!existsSync(path)) createFile(path, Buffer.from(randomBytes(FRESH_BYTES).toString("hex")))
  makePrivate(path, "file")
  const pepper = readFileSync(path)
  if (pepper.byteLength > 0) return pepper
  throw new PtylineError("unavailable", `${path} is empty; remove it to create a new one`)
}

/** Returns a keyed hash as 64 hex digits. `purpose` separates its uses. */
export function pepperedHash(pepper: Uint8Array, purpose: string, text: string): string {
  return createHmac("sha256", pepper).update(`ptyline ${purpose}\0${text}`).digest("hex")
}
