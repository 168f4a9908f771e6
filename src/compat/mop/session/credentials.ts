// MOP's secrets: the key of a session, the public key, single-use aliases. What the server keeps of a key is a peppered hash.

import { createHmac, randomBytes } from "node:crypto"

export class MopCredentials {
  /** 128 hex digits; depends on the pepper alone, so it survives restarts. */
  readonly publicKey: string
  #pepper: Uint8Array

  constructor(pepper: Uint8Array) {
    this.#pepper = pepper
    this.publicKey = createHmac("sha512", pepper).update("mop public key").digest("hex")
  }

  /** What a key is known by, in memory, on disk and in logs: 64 hex digits that do not give the key. */
  hash(key: string): string {
    return createHmac("sha256", this.#pepper).update(`mop key ${key}`).digest("hex")
  }
}

/** 512 random bits in hex: whoever has it, has the session. */
export const newKey = (): string => randomBytes(64).toString("hex")
/** Opens one socket, once. */
export const newAlias = (): string => randomBytes(32).toString("hex")
export const newServerId = (): string => randomBytes(16).toString("hex")
