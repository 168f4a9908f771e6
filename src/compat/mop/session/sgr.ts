// The escape filter without RAW_ANSI: only colours and styles (SGR) remain (contract mop, 3.4).

const [ESC, BEL, CAN, SUB, DEL] = [0x1b, 0x07, 0x18, 0x1a, 0x7f]
/** First byte of a C1 control in UTF-8. The second minus 0x40 is the letter of the same ESC sequence. */
const C1 = 0xc2
const ST = 0x9c
/** `[`, and the starts of strings that end with ST: OSC, DCS, SOS, PM, APC. */
const CSI = 0x5b
const STRINGS = new Set([0x5d, 0x50, 0x58, 0x5e, 0x5f])
const OSC = 0x5d
/** Longest control sequence, in bytes. A longer one is dropped. */
const MAX_CSI = 256
/** Longest string, in bytes. It ends there, so that a stray ESC does not swallow all later output. */
const MAX_STRING = 1 << 20

type State = "text" | "escape" | "intermediate" | "csi" | "string" | "string-escape"

/** Keeps its state between calls, so a sequence may be split anywhere. */
export class SgrFilter {
  #state: State = "text"
  #sequence: number[] = []
  #osc = false
  #length = 0

  /** Returns the text, controls and SGR sequences of `bytes`. */
  pass(bytes: Uint8Array): Uint8Array {
    if (this.#state === "text" && nextControl(bytes, 0) < 0) return bytes
    const out = new Output(bytes.length + this.#sequence.length)
    for (let at = 0; at < bytes.length; ) {
      if (this.#state === "text") at = this.#text(bytes, at, out)
      else if (this.#state === "string" && bytes[at] === C1 && bytes[at + 1] === ST) at = this.#toText(at + 2)
      else this.#step(bytes[at++]!, out)
    }
    return out.bytes
  }

  #text(bytes: Uint8Array, from: number, out: Output): number {
    const at = nextControl(bytes, from)
    if (at < 0) {
      out.add(bytes.subarray(from))
      return bytes.length
    }
    out.add(bytes.subarray(from, at))
    if (bytes[at] === ESC) this.#enter("escape")
    else this.#begin(bytes[at + 1]! - 0x40)
    return bytes[at] === ESC ? at + 1 : at + 2
  }

  #step(byte: number, out: Output): void {
    if (byte === CAN || byte === SUB) this.#toText(0)
    else if (this.#state === "string") this.#inString(byte)
    else if (this.#state === "string-escape") this.#inStringEscape(byte)
    else if (byte === ESC) this.#enter("escape")
    // a terminal executes a control inside a sequence and continues the sequence
    else if (byte < 0x20) out.addByte(byte)
    else if (byte === DEL) return
    else if (this.#state === "csi") this.#inCsi(byte, out)
    else this.#inEscape(byte)
  }

  #inEscape(byte: number): void {
    if (byte >= 0x20 && byte <= 0x2f) this.#state = "intermediate"
    else if (this.#state === "escape") this.#begin(byte)
    else this.#toText(0)
  }

  #begin(kind: number): void {
    if (kind === CSI) this.#enter("csi")
    else if (STRINGS.has(kind)) {
      this.#enter("string")
      this.#osc = kind === OSC
    } else this.#toText(0)
  }

  #inCsi(byte: number, out: Output): void {
    if (byte >= 0x40) {
      if (byte === 0x6d && this.#sequence.every(isParameter)) out.add([ESC, CSI, ...this.#sequence, byte])
      this.#toText(0)
    } else if (this.#sequence.length < MAX_CSI) this.#sequence.push(byte)
  }

  #inString(byte: number): void {
    if (byte === ESC) this.#state = "string-escape"
    else if ((byte === BEL && this.#osc) || ++this.#length > MAX_STRING) this.#toText(0)
  }

  /** ST is ESC and a backslash. Any other ESC ends the string and starts a new sequence. */
  #inStringEscape(byte: number): void {
    if (byte === 0x5c) return void this.#toText(0)
    this.#enter("escape")
    if (byte !== ESC) this.#inEscape(byte)
  }

  #enter(state: State): void {
    this.#state = state
    this.#sequence = []
    this.#length = 0
  }

  #toText(next: number): number {
    this.#enter("text")
    return next
  }
}

const isParameter = (byte: number) => (byte >= 0x30 && byte <= 0x39) || byte === 0x3b

/** Returns the offset of the next sequence, which starts with ESC or a C1 control; -1 without one. */
function nextControl(bytes: Uint8Array, from: number): number {
  const esc = bytes.indexOf(ESC, from)
  // stops at the ESC; otherwise coloured text would be searched to its end for every sequence
  const part = bytes.subarray(from, esc < 0 ? bytes.length : esc)
  for (let at = part.indexOf(C1); at >= 0; at = part.indexOf(C1, at + 1)) {
    const kind = (part[at + 1] ?? 0) - 0x40
    if (kind === CSI || STRINGS.has(kind)) return from + at
  }
  return esc
}

class Output {
  #bytes: Uint8Array
  #length = 0

  constructor(size: number) {
    this.#bytes = new Uint8Array(size + 8)
  }

  get bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#length)
  }

  add(bytes: ArrayLike<number>): void {
    this.#bytes.set(bytes, this.#length)
    this.#length += bytes.length
  }

  addByte(byte: number): void {
    this.#bytes[this.#length++] = byte
  }
}
