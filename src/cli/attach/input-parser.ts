// What the caller types: bytes for the session, and the keys that are for us.

import { keyText } from "../../ops/sessions/key-names.ts"
import { UsageError } from "../lib/flags.ts"

export type DetachKeys = { prefix: number; end: number; text: string }
export type Typed = { bytes: Uint8Array; asked: "detach" | "suspend" | null }

/** Behind the prefix: stop this client, as Ctrl-Z stops a program. */
const SUSPEND = "z".charCodeAt(0)

/** "ctrl-\,d": a control key, then another key. Throws `UsageError`. */
export function detachKeys(text: string): DetachKeys {
  const [first = "", second = "", ...more] = text.split(",")
  const prefix = byteOf(first)
  const end = byteOf(second)
  if (prefix === null || prefix >= 0x20 || end === null || more.length > 0)
    throw new UsageError(
      `detach keys are a control key, a comma and another key, got ${JSON.stringify(text)}`,
    )
  return { prefix, end, text: `${first}, then ${second}` }
}

function byteOf(key: string): number | null {
  try {
    const text = keyText(key)
    return text.length === 1 ? text.charCodeAt(0) : null
  } catch {
    return null
  }
}

/** Reads what is typed as it comes, however it is cut. The prefix twice is the prefix once. */
export class KeyReader {
  readonly #keys: DetachKeys
  #prefixed = false

  constructor(keys: DetachKeys) {
    this.#keys = keys
  }

  read(data: Uint8Array): Typed {
    const { prefix, end } = this.#keys
    if (!this.#prefixed && !data.includes(prefix)) return { bytes: data, asked: null }
    const out: number[] = []
    for (const byte of data) {
      if (!this.#prefixed && byte === prefix) this.#prefixed = true
      else if (!this.#prefixed) out.push(byte)
      else {
        this.#prefixed = false
        if (byte === end || byte === SUSPEND)
          return { bytes: Uint8Array.from(out), asked: byte === end ? "detach" : "suspend" }
        if (byte !== prefix) out.push(prefix)
        out.push(byte)
      }
    }
    return { bytes: Uint8Array.from(out), asked: null }
  }
}
