// Finding terminal escape sequences in bytes (ECMA-48, xterm's ctlseqs): whole ones, cut ones, and which of them are queries.

const ESC = 0x1b
const BEL = 0x07
const CAN = 0x18
const SUB = 0x1a
const BACKSLASH = 0x5c
/** The first byte of a C1 control in UTF-8; the second, less 0x40, is the letter that ESC would need for the same. */
const C1 = 0xc2
const ST = 0x9c
/** The C1 controls that begin something: DCS, SOS, DECID, CSI, OSC, PM, APC. */
const BEGINNERS = new Set([0x90, 0x98, 0x9a, 0x9b, 0x9d, 0x9e, 0x9f])
/** No sane sequence is longer; past this a start of one is taken for plain bytes. Sixel pictures are DCS, so it is generous. */
const LONGEST = 1 << 20

export type Escape = { start: number; end: number }

/** Inside a sequence a terminal obeys or ignores these and goes on with the sequence. */
const isExecuted = (byte: number | undefined): boolean =>
  byte !== undefined && (byte < 0x20 ? byte !== ESC && byte !== CAN && byte !== SUB : byte === 0x7f)

/** Where the next C1 control that begins a sequence stands at or after `from`; one cut after its first byte counts. */
function nextC1(bytes: Uint8Array, from: number): number {
  for (let at = bytes.indexOf(C1, from); at >= 0; at = bytes.indexOf(C1, at + 1))
    if (at + 1 === bytes.length || BEGINNERS.has(bytes[at + 1]!)) return at
  return -1
}

/**
 * The end (exclusive) of the sequence that starts at `start` with ESC or a C1 control, or -1 when it is not complete yet.
 * Unknown and broken sequences end where a terminal would give them up.
 */
export function escapeEnd(bytes: Uint8Array, start: number): number {
  let at = start + 1
  if (bytes[start] === ESC) while (isExecuted(bytes[at])) at++
  const byte = bytes[at]
  if (byte === undefined) return -1
  const kind = bytes[start] === C1 ? byte - 0x40 : byte
  if (kind === 0x5b) return csiEnd(bytes, at + 1)
  // OSC, DCS, SOS, PM, APC: a string up to ST; xterm also lets BEL end an OSC
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
    // they abort a string
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

/** Calls `visit` for every complete sequence; returns where an incomplete one at the end starts, else the length. */
export function eachEscape(bytes: Uint8Array, visit: (start: number, end: number) => void): number {
  let esc = bytes.indexOf(ESC)
  let c1 = nextC1(bytes, 0)
  while (esc >= 0 || c1 >= 0) {
    const at = c1 < 0 || (esc >= 0 && esc < c1) ? esc : c1
    const end = escapeEnd(bytes, at)
    if (end < 0) return at
    visit(at, end)
    // each is looked for only when the last one found is passed, or a text full of the other would be searched again and again
    if (esc >= 0 && esc < end) esc = bytes.indexOf(ESC, end)
    if (c1 >= 0 && c1 < end) c1 = nextC1(bytes, end)
  }
  return bytes.length
}

export type Query = "da1" | "da2" | "da3" | "status" | "cursor" | "other"

/**
 * What a terminal would answer to this sequence, or null when it would stay silent. Covers device attributes, device and
 * mode status (DSR, DECRQM), settings (DECRQSS, XTGETTCAP), colours (OSC 4, 10 to 19, 52), version, keyboard and window reports.
 */
export function queryOf(bytes: Uint8Array, start: number, end: number): Query | null {
  // nearly every sequence is a CSI that sets a colour or moves the cursor
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

/**
 * Is the sequence one that only a terminal that looks on may get? A query in a replay would be answered into the program's
 * input; synchronised output makes a terminal show nothing until its end comes, which in a replay may be never.
 */
export const onlyLive = (bytes: Uint8Array, start: number, end: number): boolean =>
  queryOf(bytes, start, end) !== null ||
  (end - start === SYNCHRONISED_OUTPUT.length && latin1(bytes, start, end) === SYNCHRONISED_OUTPUT)

/** Last bytes of the control sequences that can ask something. */
const CSI_QUERIES = new Set([..."cnpqutwxyS"].map(char => char.charCodeAt(0)))
const OSC_QUERY = /^(?:4;.*|5;.*|1[0-9]|52;[^;]*|21;.*|50|99;.*p=\?|66);.*\?|^[0-9]+;\?/s

/** A sequence as it would be without C1 controls and without what a terminal obeys on the way. */
const plainForm = (bytes: Uint8Array, start: number, end: number): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start)
    .toString("latin1")
    .replace(/\xc2([\x80-\x9f])/g, (_, c1: string) => `\x1b${String.fromCharCode(c1.charCodeAt(0) - 0x40)}`)
    .replace(/[\x00-\x06\x08-\x17\x19\x1c-\x1f\x7f]/g, "")

/** Further parameters than the first are ignored by terminals, and leading zeros are. */
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

/** The title set by OSC 0 or OSC 2, or null when the sequence is another one. Control characters are taken out. */
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

/** Does the sequence switch bracketed paste (DEC mode 2004) on or off? Null when it does neither. */
export function bracketedPasteOf(bytes: Uint8Array, start: number, end: number): boolean | null {
  if (bytes[start + 1] !== 0x5b || bytes[start + 2] !== 0x3f) return null
  const match = /^\?(?:[0-9]+;)*2004(?:;[0-9]+)*([hl])$/.exec(latin1(bytes, start + 2, end))
  return match ? match[1] === "h" : null
}

function latin1(bytes: Uint8Array, start: number, end: number): string {
  return String.fromCharCode(...bytes.subarray(start, Math.min(end, start + 256)))
}
