// The canonical-mode limit of a terminal: what it would silently drop is refused instead (termios(3), N_TTY).

import { PtylineError } from "../../core/lib/errors.ts"

/** Longest line a terminal in canonical mode takes, without its end. MAX_CANON on macOS. */
const LONGEST_LINE = process.platform === "darwin" ? 1023 : 4095

/** Bytes that end or discard the line being typed: NL, CR, EOF, INTR, QUIT, KILL, SUSP under the default settings. */
const ENDS = new Set([0x0a, 0x0d, 0x04, 0x03, 0x1c, 0x15, 0x1a])

/** Follows how long the unfinished line is across writes. */
export class LineLimit {
  #length = 0

  /** Counts `data`; throws `invalid_input` if the terminal would lose some of it. Call only in canonical mode. */
  check(data: Uint8Array): void {
    let length = this.#length
    for (const byte of data) {
      length = ENDS.has(byte) ? 0 : length + 1
      if (length > LONGEST_LINE) throw tooLong(length)
    }
    this.#length = length
  }

  /** The terminal is not in canonical mode now: there is no line. */
  reset(): void {
    this.#length = 0
  }
}

function tooLong(length: number): PtylineError {
  const message = `a line of ${length} bytes or more without a newline: a terminal in line mode drops all past ${LONGEST_LINE}`
  return new PtylineError("invalid_input", message, { limit: LONGEST_LINE })
}
