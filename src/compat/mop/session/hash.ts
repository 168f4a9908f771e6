// MOP's output hash: the MD5 of a session's output as ASCII JSON (contract mop, 3.3).

import { createHash } from "node:crypto"

/** Characters outside U+0020 to U+007E that `JSON.stringify` does not escape. */
const UNESCAPED = /[\x7f-\uffff]/g

/** Returns a JSON string in ASCII. Other characters become \uXXXX, astral ones surrogate pairs. */
export function asciiJson(text: string): string {
  return JSON.stringify(text).replace(
    UNESCAPED,
    char => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
  )
}

/** Joins JSON strings to an array, with the separators that the hash requires. */
export const arrayOf = (literals: string[]): string => `[${literals.join(", ")}]`

/** Returns 32 hex digits. `stdout` and `stderr` are results of `arrayOf`. */
export function outputHash(stdout: string, stderr: string): string {
  return createHash("md5").update(`{"stderr": ${stderr}, "stdout": ${stdout}}`).digest("hex")
}
