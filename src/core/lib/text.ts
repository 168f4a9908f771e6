// Text: cuts UTF-8 at character boundaries and removes escape sequences.

import { eachEscape } from "./escapes.ts"
import { copyOf } from "./memory.ts"

const decoder = new TextDecoder("utf-8", { ignoreBOM: true })
const EMPTY = new Uint8Array(0)

/** Decodes UTF-8; invalid bytes become U+FFFD. */
export const decode = (bytes: Uint8Array): string => decoder.decode(bytes)

/** Returns the length of the character that this lead byte starts; 1 for other bytes (RFC 3629). */
function lengthOf(lead: number): number {
  if (lead >= 0xc2 && lead <= 0xdf) return 2
  if (lead >= 0xe0 && lead <= 0xef) return 3
  return lead >= 0xf0 && lead <= 0xf4 ? 4 : 1
}

/** Returns the length without an incomplete character at the end. Invalid bytes count as complete. */
export function wholeCharacters(bytes: Uint8Array): number {
  for (let back = 1; back <= 3 && back <= bytes.length; back++) {
    const byte = bytes[bytes.length - back]!
    if ((byte & 0xc0) === 0x80) continue
    const incomplete = lengthOf(byte) > back && !isInvalid(bytes, bytes.length - back)
    return incomplete ? bytes.length - back : bytes.length
  }
  return bytes.length
}

/** Returns `bytes` without an incomplete character at the end, or all of them when they are the `last`. */
export const wholeText = (bytes: Uint8Array, last: boolean): Uint8Array =>
  last ? bytes : bytes.subarray(0, wholeCharacters(bytes))

/** Whether no further byte can complete the character at `at` (overlong, surrogate, too high). */
function isInvalid(bytes: Uint8Array, at: number): boolean {
  const [lead, second] = [bytes[at]!, bytes[at + 1]]
  if (second === undefined) return false
  if (lead === 0xe0) return second < 0xa0
  if (lead === 0xed) return second > 0x9f
  if (lead === 0xf0) return second < 0x90
  return lead === 0xf4 && second > 0x8f
}

/** Returns the number of continuation bytes at the start, at most 3: the rest of an earlier character. */
export function characterRest(bytes: Uint8Array): number {
  let n = 0
  while (n < 3 && n < bytes.length && (bytes[n]! & 0xc0) === 0x80) n++
  return n
}

/** Cuts a stream of bytes between characters: an incomplete character waits for its rest. */
export class CharacterBuffer {
  /** The bytes of an incomplete character. */
  rest: Uint8Array = EMPTY

  /** Returns the complete characters of the rest and `bytes`. Does not keep `bytes`. */
  push(bytes: Uint8Array): Uint8Array {
    const all = this.rest.length === 0 ? bytes : Buffer.concat([this.rest, bytes])
    const whole = wholeCharacters(all)
    this.rest = whole === all.length ? EMPTY : copyOf(all.subarray(whole))
    return all.subarray(0, whole)
  }

  flush(): Uint8Array {
    const { rest } = this
    this.rest = EMPTY
    return rest
  }
}

type Stripped = {
  bytes: Uint8Array
  /** Length of the input that was used: all of it, or up to an incomplete sequence at the end. */
  used: number
}

/** Removes escape sequences. Leaves an incomplete one at the end for the next call unless `last`. */
export function stripEscapes(bytes: Uint8Array, last: boolean): Stripped {
  const plain = new Uint8Array(bytes.length)
  let [length, from] = [0, 0]
  const copyTo = (to: number) => {
    plain.set(bytes.subarray(from, to), length)
    length += to - from
  }
  const used = eachEscape(bytes, (start, end) => {
    copyTo(start)
    from = end
  })
  copyTo(used)
  return { bytes: plain.subarray(0, length), used: last ? bytes.length : used }
}
