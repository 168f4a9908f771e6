// Waivers: what a session's clients asked to have differently (contract mop, 3.4).

import { type Json, MopError } from "../responses.ts"

export const WAIVERS = ["RAW_ANSI", "B64_STDIN", "STREAM_STDIN"] as const
export type Waiver = (typeof WAIVERS)[number]

/** The waivers after this request: `set` first, then `remove`. Nothing is changed when a name is unknown (404). */
export function changed(waivers: ReadonlySet<Waiver>, set: Json, remove: unknown[]): Set<Waiver> {
  const wanted = Object.entries(set).map(([name, value]) => [named(name), Boolean(value)] as const)
  const unwanted = remove.map(name => [named(name), false] as const)
  const next = new Set(waivers)
  for (const [waiver, on] of [...wanted, ...unwanted]) {
    if (on) next.add(waiver)
    else next.delete(waiver)
  }
  return next
}

function named(name: unknown): Waiver {
  const waiver = WAIVERS.find(known => known === String(name).toUpperCase())
  if (waiver) return waiver
  throw new MopError(404, `Unknown waiver: ${String(name).slice(0, 200)}`)
}

/** Bytes of Base64 in either alphabet, padding optional, ASCII whitespace ignored (RFC 4648); null for anything else. */
export function fromBase64(text: string): Uint8Array | null {
  const digits = text.replace(/[ \t\r\n\f\v]/g, "")
  const match = /^([A-Za-z0-9+/_-]*)(={0,2})$/.exec(digits)
  if (!match || match[1]!.length % 4 === 1) return null
  return Buffer.from(match[1]!.replaceAll("-", "+").replaceAll("_", "/"), "base64")
}
