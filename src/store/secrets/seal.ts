// Encrypts small secrets at rest: AES-256-GCM with a random nonce and a separate key for each purpose.

import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from "node:crypto"
import { attempt } from "../../core/lib/attempt.ts"

const VERSION = 1
const NONCE_BYTES = 12
const TAG_BYTES = 16

/** Returns version, nonce, ciphertext and tag. `purpose` prevents reading one kind of secret as another. */
export function seal(key: Uint8Array, purpose: string, plain: Uint8Array): Uint8Array {
  const nonce = randomBytes(NONCE_BYTES)
  const cipher = createCipheriv("aes-256-gcm", keyFor(key, purpose), nonce)
  const body = [cipher.update(plain), cipher.final()]
  return Buffer.concat([Uint8Array.of(VERSION), nonce, ...body, cipher.getAuthTag()])
}

/** Returns null if the data is damaged, or sealed with another key or for another purpose. */
export function unseal(key: Uint8Array, purpose: string, sealed: Uint8Array): Uint8Array | null {
  const tag = sealed.byteLength - TAG_BYTES
  if (sealed[0] !== VERSION || tag < 1 + NONCE_BYTES) return null
  const decipher = createDecipheriv("aes-256-gcm", keyFor(key, purpose), sealed.subarray(1, 1 + NONCE_BYTES))
  decipher.setAuthTag(sealed.subarray(tag))
  const plain = decipher.update(sealed.subarray(1 + NONCE_BYTES, tag))
  return attempt(() => decipher.final()) ? plain : null
}

function keyFor(key: Uint8Array, purpose: string): Buffer {
  return Buffer.from(hkdfSync("sha256", key, "", `ptyline ${purpose}`, 32))
}
