// Reads of a log as text or bytes, cut at character and escape sequence boundaries.

import { decode, stripEscapes, wholeText } from "../../core/lib/text.ts"
import { countedGap, type GapReason, type LogGap } from "../../core/log/gap.ts"
import { ByteLog } from "../../core/log/log.ts"
import { LogReader } from "../../core/log/reader.ts"
import { restAt } from "../../core/log/text.ts"
import type { Session } from "../../core/session/session.ts"
import type { Raw } from "../operation.ts"
import { exitInfo } from "../sessions/info.ts"
import type { ExitInfo } from "../shapes.ts"

type Reading = { from: number; next: number; data: string; gap: LogGap | null }
type ReadRequest = {
  from?: number
  max_bytes: number
  encoding: "utf8" | "base64"
  ansi: "keep" | "strip"
}

export const MAX_READ = 4 << 20
/** A read does not wait for longer escape sequences. It continues after their start. */
const LONGEST_ESCAPE = 1 << 16

/** Resolves `from`: omitted = base, -1 = end, -N = the last N bytes, else itself, at most the end. */
export function startOf({ base, end }: { base: number; end: number }, from: number | undefined): number {
  if (from === undefined) return base
  if (from >= 0) return Math.min(from, end)
  return from === -1 ? end : Math.max(base, end + from)
}

/** Returns the oldest available offset. Only the merged log reaches further back than memory. */
const baseOf = (session: Session, log: ByteLog): number =>
  log === session.log ? session.output.base : log.base

/** Returns the log that has the bytes at `from`: `log`, or a part from disk. `gap`: why some are missing. */
async function logFor(
  session: Session,
  log: ByteLog,
  from: number,
  max: number,
): Promise<{ log: ByteLog; gap: GapReason }> {
  const { archive, base } = session.output
  if (from >= log.base || !archive || log !== session.log) return { log, gap: "trimmed" }
  const reader = new LogReader(session)
  const most = max + LONGEST_ESCAPE
  // Start early enough to recognise a character that `from` splits, unless a gap on disk follows.
  const before = await reader.read(Math.max(base, from - 3), most)
  const reaches = before.offset + before.bytes.length > from
  const { offset, bytes, gap } = reaches ? before : await reader.read(from, most)
  if (offset >= log.base) return { log, gap: gap ?? "trimmed" }
  const part = new ByteLog(Number.POSITIVE_INFINITY, offset)
  part.append(bytes)
  return { log: part, gap: gap ?? "trimmed" }
}

/** Reads what is available now. `data` is empty if nothing is. */
export function readNow(
  log: ByteLog,
  request: ReadRequest,
  closed: boolean,
  reason: GapReason = "trimmed",
): Reading {
  const asked = startOf(log, request.from)
  const kept = Math.max(asked, log.base)
  const from = request.encoding === "utf8" ? kept + restAt(log, kept) : kept
  const gap = asked < kept ? countedGap(asked, from, reason) : null
  const { data, used } =
    request.encoding === "base64" ? bytesAt(log, from, request) : textAt(log, from, request, closed)
  return { from, next: from + used, data, gap }
}

/** Raw output for the shell: the program's bytes, unless the caller asks for text. */
export const BYTES: Raw<{ data: string }> = {
  when: ({ encoding, ansi }) => encoding === undefined && ansi !== "strip",
  input: { encoding: "base64" },
  print: ({ data }) => Buffer.from(data, "base64"),
}

type LiveReading = Reading & {
  base: number
  end: number
  exit: ExitInfo | null
  lost: boolean
  tail_open: boolean
}

/** Like `readNow`, but waits up to `waitMs` for output or the end of the session. */
export async function readSoon(
  session: Session,
  log: ByteLog,
  request: ReadRequest,
  waitMs: number,
  signal: AbortSignal,
): Promise<LiveReading> {
  const deadline = performance.now() + waitMs
  // Resolve "the end" once. Otherwise a waiting read would skip the output that it waits for.
  let from = startOf({ base: baseOf(session, log), end: log.end }, request.from)
  for (;;) {
    const found = await logFor(session, log, from, request.max_bytes)
    const last = session.life.closed && found.log === log
    const reading = readNow(found.log, { ...request, from }, last, found.gap)
    const [base, end] = [baseOf(session, log), log.end]
    const done = session.life.closed && reading.next === end
    const late = performance.now() >= deadline || signal.aborted || session.life.state === "removed"
    if (reading.data !== "" || reading.gap || done || late) {
      const exit = done ? exitInfo(session.life.exit) : null
      return {
        ...reading,
        base,
        end,
        exit,
        lost: done && session.life.lost,
        tail_open: session.life.tailOpen,
      }
    }
    // Only escape sequences were read, and they are stripped: continue after them.
    if (reading.next > reading.from) from = reading.next
    if (reading.next === end) await session.changed.wait(signal, deadline - performance.now())
  }
}

function bytesAt(log: ByteLog, from: number, { max_bytes }: ReadRequest): { data: string; used: number } {
  const bytes = log.slice(from, max_bytes)
  return { data: Buffer.from(bytes).toString("base64"), used: bytes.length }
}

/** Returns at least one whole character or escape sequence, even if it is longer than `max_bytes`. */
function textAt(
  log: ByteLog,
  from: number,
  request: ReadRequest,
  closed: boolean,
): { data: string; used: number } {
  for (let max = request.max_bytes; ; max *= 4) {
    const bytes = log.slice(from, max)
    const atEnd = from + bytes.length === log.end
    const cut = cutText(bytes, atEnd && closed, request.ansi)
    if (cut.used > 0 || atEnd) return cut
    if (max > LONGEST_ESCAPE) return { data: "", used: 2 }
  }
}

function cutText(bytes: Uint8Array, last: boolean, ansi: "keep" | "strip"): { data: string; used: number } {
  const whole = wholeText(bytes, last)
  if (ansi === "keep") return { data: decode(whole), used: whole.length }
  const stripped = stripEscapes(whole, last)
  return { data: decode(stripped.bytes), used: stripped.used }
}
