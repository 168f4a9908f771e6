// JSON as MOP hashes it: text literals of ASCII alone, and the MD5 over all of a session's output (contract mop, 3.3).

import { createHash } from "node:crypto"

/** Everything outside U+0020 to U+007E that `JSON.stringify` leaves as it is. */
const UNESCAPED = /[\x7f-\uffff]/g

/** A JSON string in ASCII: other characters as \uXXXX, astral ones as surrogate pairs. */
export function asciiJson(text: string): string {
  return JSON.stringify(text).replace(
    UNESCAPED,
    char => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
  )
}

/** A JSON array of ready literals, with the separators that the hash is defined over. */
export const arrayOf = (literals: string[]): string => `[${literals.join(", ")}]`

/** `stdout` and `stderr` are JSON arrays as `arrayOf` makes them. 32 hex digits. */
export function outputHash(stdout: string, stderr: string): string {
  return createHash("md5").update(`{"stderr": ${stderr}, "stdout": ${stdout}}`).digest("hex")
}
