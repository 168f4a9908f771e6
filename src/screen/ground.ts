// Finds the points of a byte stream where no escape sequence and no character is open: there a terminal's state is
// wholly in its screen and modes, and another terminal can take over.

/**
 * The parser's own table (VT500, vt100.net/emu/dec_ansi_parser): the entry at `state << 8 | code` has the next state in its
 * lowest four bits. State 0 is the ground state; a code from 0xa0 on counts as 0xa0.
 */
export type Transitions = Uint16Array

const OTHER = 0xa0
const NEXT_STATE = 0x0f

export class GroundFinder {
  readonly #table: Transitions
  #state = 0
  /** Continuation bytes that the open character still needs. */
  #missing = 0
  /** Is the open character one of two bytes, C2 80 to C2 9F, that are control characters (C1)? */
  #control = false

  constructor(table: Transitions) {
    this.#table = table
  }

  /** Forgets what is open. */
  reset(): void {
    this.#state = 0
    this.#missing = 0
  }

  /** The length of the longest part of `bytes` behind which nothing is open; -1 when there is none. */
  push(bytes: Uint8Array): number {
    let ground = -1
    for (let i = 0; i < bytes.length; i++) {
      this.#step(bytes[i]!)
      if (this.#state === 0 && this.#missing === 0) ground = i + 1
    }
    return ground
  }

  /** Broken characters are dropped, as the emulator's decoder drops them. */
  #step(byte: number): void {
    if (byte < 0x80) {
      this.#missing = 0
      this.#take(byte)
    } else if (byte < 0xc0) this.#continue(byte)
    else this.#begin(byte)
  }

  #begin(byte: number): void {
    this.#missing = byte < 0xe0 ? 1 : byte < 0xf0 ? 2 : byte < 0xf8 ? 3 : 0
    this.#control = byte === 0xc2
  }

  #continue(byte: number): void {
    if (this.#missing === 0 || --this.#missing > 0) return
    this.#take(this.#control && byte < OTHER ? byte : OTHER)
  }

  #take(code: number): void {
    this.#state = this.#table[(this.#state << 8) | code]! & NEXT_STATE
    // a string that ESC ends opens the next sequence with that very ESC
    if (code === 0x1b) this.#state = 1
  }
}
