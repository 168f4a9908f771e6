// The keys: one master key for a state directory, and a key per session, kept wrapped by it.

import { randomBytes } from "node:crypto"
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { PtylineError } from "../../core/lib/errors.ts"
import { createFile, replaceFile } from "../state/files.ts"
import { demandOwn } from "./owned-file.ts"
import { seal, unseal } from "./seal.ts"

const KEY_BYTES = 32
const WRAP = "session key"

/**
 * The master key of a state directory, made on first use. Throws `unavailable` when it is missing though sessions were
 * kept under it, or is not a key; `denied` when it is not ours alone.
 */
export function masterKey(state: string): Uint8Array {
  const path = join(state, "master.key")
  if (!existsSync(path)) {
    refuseToReplace(state, path)
    createFile(path, randomBytes(KEY_BYTES))
  }
  demandOwn(path)
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

/** Throws `unavailable` when it was wrapped with another master key, or is damaged. */
export function unwrapKey(master: Uint8Array, wrapped: Uint8Array): Uint8Array {
  const key = unseal(master, WRAP, wrapped)
  if (key) return key
  throw new PtylineError(
    "unavailable",
    "the session's key does not open with this master key; nothing was changed",
  )
}

/** Keeps a session's key, wrapped, in its directory. */
export function writeSessionKey(directory: string, master: Uint8Array, key: Uint8Array): void {
  replaceFile(join(directory, "key"), wrapKey(master, key))
}

/** Throws `unavailable` when there is none, or it does not open. */
export function readSessionKey(directory: string, master: Uint8Array): Uint8Array {
  const path = join(directory, "key")
  if (existsSync(path)) return unwrapKey(master, readFileSync(path))
  throw new PtylineError("unavailable", `the session's key ${path} is missing; nothing was changed`, { path })
}

/** A new master key beside sessions of an old one would look like a fresh start and be a loss. */
function refuseToReplace(state: string, path: string): void {
  const sessions = join(state, "sessions")
  if (!existsSync(sessions)) return
  const kept = readdirSync(sessions).filter(name => existsSync(join(sessions, name, "key"))).length
  if (kept === 0) return
  const found = `the master key ${path} is missing, and ${kept} kept sessions cannot be read without it`
  throw new PtylineError("unavailable", `${found}; put it back, or move ${sessions} away`, { path, kept })
}
