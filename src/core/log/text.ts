// Text from a log: characters that are complete, at any offset.

import { characterRest, decode, wholeCharacters } from "../lib/text.ts"
import type { ByteLog } from "./log.ts"

const LONGEST_CHARACTER = 4

export type TextPiece = { text: string; from: number; next: number }

/** Returns at least one complete character. Leaves out an incomplete one at the end unless `last`. */
export function textOf(log: ByteLog, from: number, max: number, last: boolean): TextPiece {
  const length = textLength(log, from, max, last)
  return { text: decode(log.slice(from, length)), from, next: from + length }
}

/** Whether a complete character is available at `from`. */
export const hasText = (log: ByteLog, from: number, last: boolean): boolean =>
  from < log.end && textLength(log, from, LONGEST_CHARACTER, last) > 0

function textLength(log: ByteLog, from: number, max: number, last: boolean): number {
  const bytes = log.slice(from, max)
  if (last && from + bytes.length === log.end) return bytes.length
  return wholeCharacters(bytes) || firstCharacter(log, from, last)
}

function firstCharacter(log: ByteLog, from: number, last: boolean): number {
  const bytes = log.slice(from, LONGEST_CHARACTER)
  for (let length = 1; length <= bytes.length; length++)
    if (wholeCharacters(bytes.subarray(0, length)) === length) return length
  return last ? bytes.length : 0
}

/** Returns the number of bytes at `offset` that belong to a character which began before it. */
export function restAt(log: ByteLog, offset: number): number {
  const start = Math.max(log.base, offset - 3)
  const before = log.slice(start, offset - start)
  // a log that dropped its beginning may itself begin inside a character
  if (start === log.base && start > 0 && characterRest(before) === before.length)
    return characterRest(log.slice(offset, 3))
  for (let end = offset; end <= log.end; end++) {
    const bytes = log.slice(start, end - start)
    if (wholeCharacters(bytes) === bytes.length) return end - offset
  }
  return log.end - offset
}

/** Returns the number of bytes in `from..end` that start an incomplete character at its end. */
export function unfinishedAt(log: ByteLog, from: number, end: number): number {
  const start = Math.max(from, end - LONGEST_CHARACTER)
  const tail = log.slice(start, end - start)
  return tail.length - wholeCharacters(tail)
}
