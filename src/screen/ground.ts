// Finds the points in a byte stream where no escape sequence and no character is incomplete. There the
// terminal's whole state is its screen and modes, so another terminal can continue.

/**
 * The parser's table (VT500, vt100.net/emu/dec_ansi_parser). The entry at `state << 8 | code` has the next
 * state in its lowest four bits. State 0 is the ground state; codes from 0xa0 on count as 0xa0.
 */
type Transitions = Uint16Array

const MAX_CODE = 0xa0
const NEXT_STATE = 0x0f

export class GroundFinder {
  readonly #table: Transitions
  #state = 0
  /** Continuation bytes that the current character still needs. */
  #missing = 0
  /** True if the current character is C2 80 to C2 9F, a control character (C1) in two bytes. */
  #control = false

  constructor(table: Transitions) {
    this.#table = table
  }

  /** Forgets incomplete sequences and characters. */
  reset(): void {
    this.#state = 0
    this.#missing = 0
  }

  /** Returns the length of the longest prefix of `bytes` that ends complete; -1 if there is none. */
  push(bytes: Uint8Array): number {
    let ground = -1
    for (let i = 0; i < bytes.length; i++) {
      this.#step(bytes[i]!)
      if (this.#state === 0 && this.#missing === 0) ground = i + 1
    }
    return ground
  }

  /** Drops invalid characters, as the emulator's decoder does. */
  #step(byte: number): void {
    if (byte < 0x80) {
      this.#missing = 0
      this.#parse(byte)
    } else if (byte < 0xc0) this.#continueCharacter(byte)
    else this.#startCharacter(byte)
  }

  #startCharacter(byte: number): void {
    this.#missing = byte < 0xe0 ? 1 : byte < 0xf0 ? 2 : byte < 0xf8 ? 3 : 0
    this.#control = byte === 0xc2
  }

  #continueCharacter(byte: number): void {
    if (this.#missing === 0 || --this.#missing > 0) return
    this.#parse(this.#control && byte < MAX_CODE ? byte : MAX_CODE)
  }

  #parse(code: number): void {
    this.#state = this.#table[(this.#state << 8) | code]! & NEXT_STATE
    // an ESC that ends a string also starts the next sequence
    if (code === 0x1b) this.#state = 1
  }
}
