// Limit of a line in a terminal: rejects input that a terminal would silently drop (termios(3), N_TTY).

import { PtylineError } from "../../core/lib/errors.ts"

/** Longest line that a terminal in canonical mode accepts, without its end. MAX_CANON on macOS. */
const LONGEST_LINE = process.platform === "darwin" ? 1023 : 4095

/** Bytes that end or discard the line: NL, CR, EOF, INTR, QUIT, KILL, SUSP with default settings. */
const ENDS = new Set([0x0a, 0x0d, 0x04, 0x03, 0x1c, 0x15, 0x1a])

/** Tracks the length of the unfinished line across writes. */
export class LineLimit {
  #length = 0

  /** Counts `data`. Throws `invalid_input` when the terminal would drop some. Call only in canonical mode. */
  check(data: Uint8Array): void {
    let length = this.#length
    for (const byte of data) {
      length = ENDS.has(byte) ? 0 : length + 1
      if (length > LONGEST_LINE) throw tooLong(length)
    }
    this.#length = length
  }

  /** Forgets the unfinished line: the terminal is not in canonical mode. */
  reset(): void {
    this.#length = 0
  }
}

function tooLong(length: number): PtylineError {
  const message = `a line of ${length} bytes or more without a newline; a terminal in line mode accepts ${LONGEST_LINE}`
  return new PtylineError("invalid_input", message, { limit: LONGEST_LINE })
}
