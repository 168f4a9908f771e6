// Parser of the caller's keyboard input: bytes for the session, and the detach keys.

import { attempt } from "../../core/lib/attempt.ts"
import { keyText } from "../../ops/sessions/key-names.ts"
import { UsageError } from "../lib/flags.ts"

export type DetachKeys = { prefix: number; end: number; text: string }
type ParsedInput = { bytes: Uint8Array; command: "detach" | "suspend" | null }

/** After the prefix: stops this client, as Ctrl-Z stops a program. */
const SUSPEND = "z".charCodeAt(0)

/** Parses a pair such as "ctrl-\,d": a control key, then another key. Throws `UsageError`. */
export function detachKeys(text: string): DetachKeys {
  const [first = "", second = "", ...more] = text.split(",")
  const prefix = byteOf(first)
  const end = byteOf(second)
  if (prefix === null || prefix >= 0x20 || end === null || more.length > 0)
    throw new UsageError(
      `--detach-keys must be a control key, a comma and another key, got ${JSON.stringify(text)}`,
    )
  return { prefix, end, text: `${first}, then ${second}` }
}

function byteOf(key: string): number | null {
  const text = attempt(() => keyText(key))
  return text?.length === 1 ? text.charCodeAt(0) : null
}

/** Splits input, in pieces of any size, at the detach keys. The prefix typed twice sends it once. */
export class InputParser {
  readonly #keys: DetachKeys
  #prefixed = false

  constructor(keys: DetachKeys) {
    this.#keys = keys
  }

  parse(data: Uint8Array): ParsedInput {
    const { prefix, end } = this.#keys
    if (!this.#prefixed && !data.includes(prefix)) return { bytes: data, command: null }
    const out: number[] = []
    for (const byte of data) {
      if (!this.#prefixed && byte === prefix) this.#prefixed = true
      else if (!this.#prefixed) out.push(byte)
      else {
        this.#prefixed = false
        if (byte === end || byte === SUSPEND)
          return { bytes: Uint8Array.from(out), command: byte === end ? "detach" : "suspend" }
        if (byte !== prefix) out.push(prefix)
        out.push(byte)
      }
    }
    return { bytes: Uint8Array.from(out), command: null }
  }
}
