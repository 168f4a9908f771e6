// Reading a log as text or bytes, cut where nothing is broken.

import type { ByteLog } from "../core/log.ts"
import type { Session } from "../core/session.ts"
import { characterRest, decode, stripEscapes, wholeCharacters } from "../core/text.ts"

export type Reading = { from: number; next: number; data: string; gap: { from: number; to: number } | null }
export type ReadRequest = {
  from?: number
  max_bytes: number
  encoding: "utf8" | "base64"
  ansi: "keep" | "strip"
}

/** An escape sequence longer than this is not waited for; the read goes on past its start. */
const LONGEST_ESCAPE = 1 << 16

/** Where a request starts: omitted = base, -1 = end, -N = the last N bytes, else itself, at most the end. */
function startOf(log: ByteLog, from: number | undefined, text: boolean): number {
  if (from === undefined) return log.base
  if (from >= 0) return Math.min(from, log.end)
  if (from === -1) return log.end
  const start = Math.max(log.base, log.end + from)
  return text ? start + characterRest(log.slice(start, 4)) : start
}

/** What can be had now; empty `data` when there is nothing (yet). */
export function readNow(session: Session, log: ByteLog, request: ReadRequest): Reading {
  const asked = startOf(log, request.from, request.encoding === "utf8")
  const from = Math.max(asked, log.base)
  const gap = asked < from ? { from: asked, to: from } : null
  const { data, used } =
    request.encoding === "base64" ? bytesAt(log, from, request) : textAt(session, log, from, request)
  return { from, next: from + used, data, gap }
}

function bytesAt(log: ByteLog, from: number, { max_bytes }: ReadRequest): { data: string; used: number } {
  const bytes = log.slice(from, max_bytes)
  return { data: Buffer.from(bytes).toString("base64"), used: bytes.length }
}

/** At least one whole character or escape sequence, even if that is longer than `max_bytes`. */
function textAt(
  session: Session,
  log: ByteLog,
  from: number,
  request: ReadRequest,
): { data: string; used: number } {
  for (let max = request.max_bytes; ; max *= 4) {
    const bytes = log.slice(from, max)
    const atEnd = from + bytes.length === log.end
    const cut = cutText(bytes, atEnd && session.closed, request.ansi)
    if (cut.used > 0 || atEnd) return cut
    if (max > LONGEST_ESCAPE) return { data: "", used: 2 }
  }
}

function cutText(bytes: Uint8Array, last: boolean, ansi: "keep" | "strip"): { data: string; used: number } {
  const whole = last ? bytes : bytes.subarray(0, wholeCharacters(bytes))
  if (ansi === "keep") return { data: decode(whole), used: whole.length }
  const stripped = stripEscapes(whole, last)
  return { data: decode(stripped.bytes), used: stripped.used }
}
