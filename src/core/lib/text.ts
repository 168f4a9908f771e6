// Text at the edges: cutting bytes at character boundaries and taking escape sequences out.

import { eachEscape } from "./escapes.ts"

const decoder = new TextDecoder("utf-8", { ignoreBOM: true })

/** UTF-8 to text; what is not valid becomes U+FFFD. */
export const decode = (bytes: Uint8Array): string => decoder.decode(bytes)

/** How many bytes the character announced by this lead byte takes; 1 for everything that is no lead byte (RFC 3629). */
function announced(lead: number): number {
  if (lead >= 0xc2 && lead <= 0xdf) return 2
  if (lead >= 0xe0 && lead <= 0xef) return 3
  return lead >= 0xf0 && lead <= 0xf4 ? 4 : 1
}

/** Length of `bytes` without an unfinished character at its end; invalid bytes count as finished. */
export function wholeCharacters(bytes: Uint8Array): number {
  for (let back = 1; back <= 3 && back <= bytes.length; back++) {
    const byte = bytes[bytes.length - back]!
    if ((byte & 0xc0) === 0x80) continue
    return announced(byte) > back && !brokenTail(bytes, bytes.length - back)
      ? bytes.length - back
      : bytes.length
  }
  return bytes.length
}

/** Is the start of a character at `at` already one that no further byte can complete (overlong, surrogate, too high)? */
function brokenTail(bytes: Uint8Array, at: number): boolean {
  const [lead, second] = [bytes[at]!, bytes[at + 1]]
  if (second === undefined) return false
  if (lead === 0xe0) return second < 0xa0
  if (lead === 0xed) return second > 0x9f
  if (lead === 0xf0) return second < 0x90
  return lead === 0xf4 && second > 0x8f
}

/** How many continuation bytes, at most 3, stand at the start: the rest of a character that began earlier. */
export function characterRest(bytes: Uint8Array): number {
  let n = 0
  while (n < 3 && n < bytes.length && (bytes[n]! & 0xc0) === 0x80) n++
  return n
}

export type Stripped = {
  /** The bytes without escape sequences. */
  bytes: Uint8Array
  /** How much of the input was looked at: everything, or up to an incomplete sequence at the end. */
  used: number
}

/** Takes out escape sequences; an incomplete one at the end is left for the next call unless `last`. */
export function stripEscapes(bytes: Uint8Array, last: boolean): Stripped {
  const kept = new Uint8Array(bytes.length)
  let [length, from] = [0, 0]
  const keep = (to: number) => {
    kept.set(bytes.subarray(from, to), length)
    length += to - from
  }
  const used = eachEscape(bytes, (start, end) => {
    keep(start)
    from = end
  })
  keep(used)
  return { bytes: kept.subarray(0, length), used: last ? bytes.length : used }
}
