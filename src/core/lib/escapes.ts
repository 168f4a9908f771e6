// Finds terminal escape sequences in bytes (ECMA-48, xterm's ctlseqs), and tells which are queries.

const ESC = 0x1b
const BEL = 0x07
const CAN = 0x18
const SUB = 0x1a
const BACKSLASH = 0x5c
/** First byte of a C1 control in UTF-8. The second minus 0x40 is the letter after ESC in the 7-bit form. */
const C1 = 0xc2
const ST = 0x9c
/** The C1 controls that start a sequence: DCS, SOS, DECID, CSI, OSC, PM, APC. */
const INTRODUCERS = new Set([0x90, 0x98, 0x9a, 0x9b, 0x9d, 0x9e, 0x9f])
/** The longest sequence; a longer one counts as plain bytes. Generous, because sixel pictures are DCS. */
const LONGEST = 1 << 20

/** Whether a terminal executes or ignores this byte inside a sequence, and then continues the sequence. */
const isExecuted = (byte: number | undefined): boolean =>
  byte !== undefined && (byte < 0x20 ? byte !== ESC && byte !== CAN && byte !== SUB : byte === 0x7f)

/** Returns the position of the next C1 introducer, or -1. An incomplete one at the end counts. */
function nextC1(bytes: Uint8Array, from: number): number {
  for (let at = bytes.indexOf(C1, from); at >= 0; at = bytes.indexOf(C1, at + 1))
    if (at + 1 === bytes.length || INTRODUCERS.has(bytes[at + 1]!)) return at
  return -1
}

/** Returns the end (exclusive), or -1 when incomplete. Broken sequences end where a terminal gives up. */
function escapeEnd(bytes: Uint8Array, start: number): number {
  let at = start + 1
  if (bytes[start] === ESC) while (isExecuted(bytes[at])) at++
  const byte = bytes[at]
  if (byte === undefined) return -1
  const kind = bytes[start] === C1 ? byte - 0x40 : byte
  if (kind === 0x5b) return csiEnd(bytes, at + 1)
  // OSC, DCS, SOS, PM, APC: a string up to ST; in xterm, BEL also ends an OSC
  if (kind === 0x5d) return stringEnd(bytes, at + 1, true)
  if (kind === 0x50 || kind === 0x58 || kind === 0x5e || kind === 0x5f) return stringEnd(bytes, at + 1, false)
  if (kind >= 0x20 && kind <= 0x2f) return intermediateEnd(bytes, at)
  return kind === ESC ? at : at + 1
}

function csiEnd(bytes: Uint8Array, at: number): number {
  for (let i = at; i < bytes.length; i++) {
    const byte = bytes[i]!
    if (byte >= 0x40 && byte <= 0x7e) return i + 1
    if (byte === CAN || byte === SUB) return i + 1
    if (byte === ESC || byte > 0x7f) return i
  }
  return -1
}

function stringEnd(bytes: Uint8Array, from: number, bell: boolean): number {
  for (let i = from; i < bytes.length; i++) {
    const byte = bytes[i]!
    if (bell && byte === BEL) return i + 1
    // these abort a string
    if (byte === CAN || byte === SUB) return i + 1
    if (byte === C1 && bytes[i + 1] === ST) return i + 2
    if (byte !== ESC) continue
    if (i + 1 === bytes.length) return -1
    return bytes[i + 1] === BACKSLASH ? i + 2 : i
  }
  return bytes.length - from > LONGEST ? from : -1
}

function intermediateEnd(bytes: Uint8Array, at: number): number {
  for (let i = at; i < bytes.length; i++) {
    if (bytes[i] === ESC) return i
    if (bytes[i]! < 0x20 || bytes[i]! > 0x2f) return i + 1
  }
  return -1
}

/** Calls `visit` for each complete sequence. Returns the start of an incomplete one, or else the length. */
export function eachEscape(bytes: Uint8Array, visit: (start: number, end: number) => void): number {
  let esc = bytes.indexOf(ESC)
  let c1 = nextC1(bytes, 0)
  while (esc >= 0 || c1 >= 0) {
    const at = c1 < 0 || (esc >= 0 && esc < c1) ? esc : c1
    const end = escapeEnd(bytes, at)
    if (end < 0) return at
    visit(at, end)
    // search again only past the last result: a text full of the other kind would be searched many times
    if (esc >= 0 && esc < end) esc = bytes.indexOf(ESC, end)
    if (c1 >= 0 && c1 < end) c1 = nextC1(bytes, end)
  }
  return bytes.length
}

export type Query = "da1" | "da2" | "da3" | "status" | "cursor" | "other"

/** Covers DA, DSR, DECRQM, DECRQSS, XTGETTCAP, OSC 4, 10 to 19 and 52, version, keyboard, window reports. */
export function queryOf(bytes: Uint8Array, start: number, end: number): Query | null {
  // fast path: nearly every sequence is a CSI that sets a colour or moves the cursor
  if (bytes[start + 1] === 0x5b && !CSI_QUERIES.has(bytes[end - 1]!)) return null
  const text = plainForm(bytes, start, end)
  const body = text.slice(2)
  if (text[1] === "[") return csiQuery(body)
  if (text[1] === "]") return OSC_QUERY.test(body) ? "other" : null
  if (text[1] === "P") return /^(?:[0-9;]*\$q|\+q)/.test(body) ? "other" : null
  if (text[1] === "_") return body[0] === "G" ? "other" : null
  return text[1] === "Z" ? "da1" : null
}

const SYNCHRONISED_OUTPUT = "\x1b[?2026h"

/** Not to be replayed: terminals would answer a query, and freeze if synchronised output never ends. */
export const onlyLive = (bytes: Uint8Array, start: number, end: number): boolean =>
  queryOf(bytes, start, end) !== null ||
  (end - start === SYNCHRONISED_OUTPUT.length && latin1(bytes, start, end) === SYNCHRONISED_OUTPUT)

/** Final bytes of the CSI sequences that can be queries. */
const CSI_QUERIES = new Set([..."cnpqutwxyS"].map(char => char.charCodeAt(0)))
const OSC_QUERY = /^(?:4;.*|5;.*|1[0-9]|52;[^;]*|21;.*|50|99;.*p=\?|66);.*\?|^[0-9]+;\?/s

/** Returns a sequence in its 7-bit form, without control characters that a terminal executes inside it. */
const plainForm = (bytes: Uint8Array, start: number, end: number): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start)
    .toString("latin1")
    .replace(/\xc2([\x80-\x9f])/g, (_, c1: string) => `\x1b${String.fromCharCode(c1.charCodeAt(0) - 0x40)}`)
    .replace(/[\x00-\x06\x08-\x17\x19\x1c-\x1f\x7f]/g, "")

/** Terminals ignore leading zeros and all parameters but the first. */
function csiQuery(body: string): Query | null {
  if (/^0*(?:[;:][\d;:]*)?c$/.test(body)) return "da1"
  if (/^>0*(?:[;:][\d;:]*)?c$/.test(body)) return "da2"
  if (/^=0*(?:[;:][\d;:]*)?c$/.test(body)) return "da3"
  if (/^0*5(?:[;:][\d;:]*)?n$/.test(body)) return "status"
  if (/^\??0*6(?:[;:][\d;:]*)?n$/.test(body)) return "cursor"
  const other =
    /^\?[\d;:]*n$|^\??[\d;:]*\$p$|^>[\d;:]*q$|^\?[\d;:]*u$|^0*(?:1[1-9]|2[01])(?:[;:][\d;:]*)?t$|^[\d;:]*\$w$|^0*[01]?x$|^[\d;:]*\*y$|^\?[\d;:]*S$/
  return other.test(body) ? "other" : null
}

/** Returns the title set by OSC 0 or OSC 2, without control characters; null for other sequences. */
export function titleOf(bytes: Uint8Array, start: number, end: number): string | null {
  if (bytes[start + 1] !== 0x5d || (bytes[start + 2] !== 0x30 && bytes[start + 2] !== 0x32)) return null
  if (bytes[start + 3] !== 0x3b) return null
  const until = bytes[end - 2] === ESC ? end - 2 : end
  const text = new TextDecoder().decode(bytes.subarray(start + 4, Math.min(until, start + 1028)))
  return [...text]
    .filter(char => char >= " " && !(char >= "\x7f" && char <= "\x9f"))
    .slice(0, 256)
    .join("")
}

/** Whether the sequence turns bracketed paste (DEC mode 2004) on or off; null when it does neither. */
export function bracketedPasteOf(bytes: Uint8Array, start: number, end: number): boolean | null {
  if (bytes[start + 1] !== 0x5b || bytes[start + 2] !== 0x3f) return null
  const match = /^\?(?:[0-9]+;)*2004(?:;[0-9]+)*([hl])$/.exec(latin1(bytes, start + 2, end))
  return match ? match[1] === "h" : null
}

function latin1(bytes: Uint8Array, start: number, end: number): string {
  return String.fromCharCode(...bytes.subarray(start, Math.min(end, start + 256)))
}
