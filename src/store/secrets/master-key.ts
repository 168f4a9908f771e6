// Encryption keys: the master key of a state directory, and session keys wrapped with it.

import { randomBytes } from "node:crypto"
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { PtylineError } from "../../core/lib/errors.ts"
import { createFile, replaceFile } from "../state/files.ts"
import { makePrivate } from "./owned-file.ts"
import { seal, unseal } from "./seal.ts"

const KEY_BYTES = 32
const WRAP = "session key"

/**
 * Returns the master key of a state directory; creates it on first use. Throws `unavailable` if it is not a
 * key, or if it is missing and sessions need it. Throws `denied` if other users can change the file.
 */
export function masterKey(state: string): Uint8Array {
  const path = join(state, "master.key")
  if (!existsSync(path)) {
    refuseNewKey(state, path)
    createFile(path, randomBytes(KEY_BYTES))
  }
  makePrivate(path, "file")
  const key = readFileSync(path)
  if (key.byteLength === KEY_BYTES) return key
  throw new PtylineError(
    "unavailable",
    `${path} is not a key: it has ${key.byteLength} bytes, not ${KEY_BYTES}`,
  )
}

export function newSessionKey(): Uint8Array {
  return randomBytes(KEY_BYTES)
}

export function wrapKey(master: Uint8Array, key: Uint8Array): Uint8Array {
  return seal(master, WRAP, key)
}

/** Throws `unavailable` if the key was wrapped with another master key or is damaged. */
export function unwrapKey(master: Uint8Array, wrapped: Uint8Array): Uint8Array {
  const key = unseal(master, WRAP, wrapped)
  if (key) return key
  throw new PtylineError(
    "unavailable",
    "the session's key does not open with this master key; nothing was changed",
  )
}

/** Stores a session's wrapped key in its directory. */
export function writeSessionKey(directory: string, master: Uint8Array, key: Uint8Array): void {
  replaceFile(join(directory, "key"), wrapKey(master, key))
}

/** Throws `unavailable` if the key is missing or does not open. */
export function readSessionKey(directory: string, master: Uint8Array): Uint8Array {
  const path = join(directory, "key")
  if (existsSync(path)) return unwrapKey(master, readFileSync(path))
  throw new PtylineError("unavailable", `the session's key ${path} is missing; nothing was changed`, { path })
}

/** A new master key next to sessions of an old one would look like a fresh start and lose them. */
function refuseNewKey(state: string, path: string): void {
  const sessions = join(state, "sessions")
  if (!existsSync(sessions)) return
  const count = readdirSync(sessions).filter(name => existsSync(join(sessions, name, "key"))).length
  if (count === 0) return
  const problem = `the master key ${path} is missing, and ${count} stored sessions cannot be read without it`
  throw new PtylineError("unavailable", `${problem}; restore it, or move ${sessions} away`, {
    path,
    kept: count,
  })
}
