// MOP's secrets: session keys, the public key and aliases. The server keeps only a peppered hash of a key.

import { createHmac, randomBytes } from "node:crypto"

export class MopCredentials {
  /** 128 hex digits. It depends only on the pepper, so it survives restarts. */
  readonly publicKey: string
  readonly publicHash: string
  #pepper: Uint8Array

  constructor(pepper: Uint8Array) {
    this.#pepper = pepper
    this.publicKey = createHmac("sha512", pepper).update("mop public key").digest("hex")
    this.publicHash = this.hash(this.publicKey)
  }

  /** Returns 64 hex digits that identify a key in memory, on disk and in logs without revealing it. */
  hash(key: string): string {
    return createHmac("sha256", this.#pepper).update(`mop key ${key}`).digest("hex")
  }
}

/** 512 random bits in hex. The key is the only credential of its session. */
export const newKey = (): string => randomBytes(64).toString("hex")
export const newAlias = (): string => randomBytes(32).toString("hex")
export const newServerId = (): string => randomBytes(16).toString("hex")
