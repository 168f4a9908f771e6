// Waivers: options of a session that its clients set (contract mop, 3.4).

import { type Json, MopError } from "../responses.ts"

const WAIVERS = ["RAW_ANSI", "B64_STDIN", "STREAM_STDIN"] as const
export type Waiver = (typeof WAIVERS)[number]

/** Returns the waivers after a request: first `set`, then `remove`. Throws 404 for an unknown name. */
export function changeWaivers(waivers: ReadonlySet<Waiver>, set: Json, remove: unknown[]): Set<Waiver> {
  const changes = Object.entries(set).map(([name, value]) => [waiverOf(name), Boolean(value)] as const)
  const removals = remove.map(name => [waiverOf(name), false] as const)
  const next = new Set(waivers)
  for (const [waiver, on] of [...changes, ...removals]) {
    if (on) next.add(waiver)
    else next.delete(waiver)
  }
  return next
}

function waiverOf(name: unknown): Waiver {
  const waiver = WAIVERS.find(known => known === String(name).toUpperCase())
  if (waiver) return waiver
  throw new MopError(404, `Unknown waiver: ${String(name).slice(0, 200)}`)
}

/** Decodes Base64 in either alphabet, with optional padding and whitespace. Null for other text. */
export function fromBase64(text: string): Uint8Array | null {
  const digits = text.replace(/[ \t\r\n\f\v]/g, "")
  const match = /^([A-Za-z0-9+/_-]*)(={0,2})$/.exec(digits)
  if (!match || match[1]!.length % 4 === 1) return null
  return Buffer.from(match[1]!.replaceAll("-", "+").replaceAll("_", "/"), "base64")
}
