// The pepper: a secret file of MOP's data directory. Public keys, key hashes and archives hang on it, TLS does not.

import { createHmac, randomBytes } from "node:crypto"
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { PtylineError } from "../../core/lib/errors.ts"
import { createFile } from "../state/files.ts"
import { demandOwn } from "./owned-file.ts"

const FRESH_BYTES = 64

/**
 * The pepper of a data directory, made on first use (contract mop 2.7: whatever is in the file is used as it is). Throws
 * `denied` when the file is not its owner's alone, `unavailable` when it is empty: both would void what hangs on it.
 */
export function pepperOf(directory: string): Uint8Array {
  const path = join(directory, "pepper")
  if (!existsSync(path)) createFile(path, Buffer.from(randomBytes(FRESH_BYTES).toString("hex")))
  demandOwn(path)
  const pepper = readFileSync(path)
  if (pepper.byteLength > 0) return pepper
  throw new PtylineError("unavailable", `${path} is empty; remove it to have a new one made`)
}

/** A hash that only who has the pepper can make; `purpose` keeps its uses apart. Hex, 64 digits. */
export function pepperedHash(pepper: Uint8Array, purpose: string, text: string): string {
  return createHmac("sha256", pepper).update(`ptyline ${purpose}\0${text}`).digest("hex")
}
