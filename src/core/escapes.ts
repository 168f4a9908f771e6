// Finding terminal escape sequences in bytes (ECMA-48, xterm's ctlseqs): whole ones, cut ones, and which of them are queries.

const ESC = 0x1b
const BEL = 0x07
const BACKSLASH = 0x5c
/** No sane sequence is longer; past this a start of one is taken for plain bytes. Sixel pictures are DCS, so it is generous. */
const LONGEST = 1 << 20

export type Escape = { start: number; end: number }

/** Where the next escape sequence starts at or after `from`; -1 if there is none. */
export function nextEscape(bytes: Uint8Array, from: number): number {
  return bytes.indexOf(ESC, from)
}

/**
 * The end (exclusive) of the sequence that starts with ESC at `start`, or -1 when it is not complete yet.
 * Unknown and broken sequences end where a terminal would give them up.
 */
export function escapeEnd(bytes: Uint8Array, start: number): number {
  const kind = bytes[start + 1]
  if (kind === undefined) return -1
  if (kind === 0x5b) return csiEnd(bytes, start + 2)
  // OSC, DCS, SOS, PM, APC: a string up to ST; xterm also lets BEL end an OSC
  if (kind === 0x5d) return stringEnd(bytes, start, true)
  if (kind === 0x50 || kind === 0x58 || kind === 0x5e || kind === 0x5f) return stringEnd(bytes, start, false)
  if (kind >= 0x20 && kind <= 0x2f) return intermediateEnd(bytes, start + 1)
  return kind === ESC ? start + 1 : start + 2
}

function csiEnd(bytes: Uint8Array, at: number): number {
  for (let i = at; i < bytes.length; i++) {
    const byte = bytes[i]!
    if (byte >= 0x40 && byte <= 0x7e) return i + 1
    if (byte < 0x20 || byte > 0x3f) return i
  }
  return -1
}

function stringEnd(bytes: Uint8Array, start: number, bell: boolean): number {
  for (let i = start + 2; i < bytes.length; i++) {
    const byte = bytes[i]!
    if (bell && byte === BEL) return i + 1
    // CAN and SUB abort a string
    if (byte === 0x18 || byte === 0x1a) return i + 1
    if (byte !== ESC) continue
    if (i + 1 === bytes.length) return -1
    return bytes[i + 1] === BACKSLASH ? i + 2 : i
  }
  return bytes.length - start > LONGEST ? start + 2 : -1
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
  for (let at = nextEscape(bytes, 0); at >= 0; ) {
    const end = escapeEnd(bytes, at)
    if (end < 0) return at
    visit(at, end)
    at = nextEscape(bytes, end)
  }
  return bytes.length
}

export type Query = "da1" | "da2" | "da3" | "status" | "cursor" | "other"

/**
 * What a terminal would answer to this sequence, or null when it would stay silent. Covers device attributes, device and
 * mode status (DSR, DECRQM), settings (DECRQSS, XTGETTCAP), colours (OSC 4, 10 to 19, 52), version, keyboard and window reports.
 */
export function queryOf(bytes: Uint8Array, start: number, end: number): Query | null {
  const kind = bytes[start + 1]
  if (kind === 0x5b) return csiQuery(latin1(bytes, start + 2, end))
  if (kind === 0x5d)
    return /^(?:4;.*|5;.*|1[0-9]|52;[^;]*|21;.*|50|99;.*p=\?|66);.*\?|^[0-9]+;\?/s.test(
      latin1(bytes, start + 2, end),
    )
      ? "other"
      : null
  if (kind === 0x50)
    return /^(?:[0-9;]*\$q|\+q)/.test(latin1(bytes, start + 2, Math.min(end, start + 18))) ? "other" : null
  if (kind === 0x5f) return latin1(bytes, start + 2, start + 3) === "G" ? "other" : null
  return kind === 0x5a ? "da1" : null
}

function csiQuery(body: string): Query | null {
  if (/^0?c$/.test(body)) return "da1"
  if (/^>0?c$/.test(body)) return "da2"
  if (/^=0?c$/.test(body)) return "da3"
  if (body === "5n") return "status"
  if (body === "6n" || body === "?6n") return "cursor"
  const other =
    /^\?[0-9;]*n$|^\??[0-9;]*\$p$|^>[0-9]*q$|^\?[0-9;]*u$|^(?:1[1-9]|2[01])(?:;[0-9]*)*t$|^[0-9;]*\$w$|^[01]?x$|^[0-9;]*\*y$|^\?[0-9;]*S$/
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
