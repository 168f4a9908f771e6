// Reading: what is new, what was, and what there is once it is quiet (contract pty-mcp, 3.4).

import { type TextPiece, textOf } from "../../core/log/text.ts"
import { type Loss, MOST, type StreamReader } from "../session/reader.ts"
import { mcpSessionOf, STREAMS, type StreamName } from "../session/session.ts"
import { exitFields } from "../session/status.ts"
import { ToolError } from "../tools/failure.ts"
import { json, type SessionCall, seconds, type ToolResult, text } from "../tools/tool.ts"

/** Everything below the default counts as it. */
export function maxChars({ args, desk }: SessionCall): number {
  const asked = args.integer("max_chars") ?? 0
  return Math.min(asked < 1 ? desk.settings.maxChars : asked, MOST)
}

/** pty_read and its siblings. */
export const readStream =
  (stream: StreamName) =>
  async (call: SessionCall): Promise<ToolResult> => {
    const timeout = call.book.readTimeoutMs ?? call.desk.limits.read_timeout_ms
    const deadline = performance.now() + call.args.milliseconds("timeout_ms", timeout)
    const max = maxChars(call)
    const piece = await consume(call, stream, deadline, async reader => {
      await firstByte(reader, deadline, call.signal)
      return call.signal.aborted ? null : reader.take(max)
    })
    return given(call, stream, piece)
  }

/** pty_read_quiescent: until nothing was printed for a while, counted from the first byte. */
export async function readQuiescent(call: SessionCall): Promise<ToolResult> {
  const { args, desk, signal } = call
  const quietMs = args.milliseconds("quiescence_ms", desk.settings.quiescenceMs)
  const deadline = performance.now() + args.milliseconds("timeout_ms", 10_000)
  const max = maxChars(call)
  const piece = await consume(call, "pty", deadline, async reader => {
    await firstByte(reader, deadline, signal)
    await quiet(reader, quietMs, deadline, signal)
    return signal.aborted ? null : reader.take(max)
  })
  return given(call, "pty", piece)
}

/** Runs `read` when it is this call's turn. Null when that did not come, when there is no such stream, or the caller left. */
export async function consume<T>(
  { book, signal }: SessionCall,
  stream: StreamName,
  deadline: number,
  read: (reader: StreamReader) => Promise<T | null>,
): Promise<T | null> {
  const reader = book.reader(stream)
  if (!reader) return null
  const leave = await reader.order.enter(Math.max(0, deadline - performance.now()), signal)
  if (!leave) return null
  try {
    return await read(reader)
  } finally {
    leave()
  }
}

async function firstByte(reader: StreamReader, deadline: number, signal: AbortSignal): Promise<void> {
  const { session } = reader
  while (!reader.ready && !session.life.closed) {
    const left = deadline - performance.now()
    if (left <= 0 || signal.aborted) return
    await session.changed.wait(signal, left)
  }
}

async function quiet(reader: StreamReader, ms: number, deadline: number, signal: AbortSignal): Promise<void> {
  const { session, log } = reader
  let [end, since] = [log.end, performance.now()]
  for (;;) {
    const now = performance.now()
    if (log.end !== end) [end, since] = [log.end, now]
    const left = Math.min(since + ms, deadline) - now
    if (left <= 0 || session.life.closed || signal.aborted || !reader.ready) return
    await session.changed.wait(signal, left)
  }
}

/** A consuming call's answer, as text or JSON; losses stand before the text or beside it. */
function given(call: SessionCall, stream: StreamName, piece: TextPiece | null): ToolResult {
  const { args, book, session } = call
  const reader = book.reader(stream)
  const loss = reader?.losses() ?? { trimmed: 0, throttled: 0 }
  const next = piece?.next ?? reader?.offset ?? 0
  const facts = {
    chunk_id: book.nextChunk(),
    stream,
    text: piece?.text ?? "",
    timestamp: seconds(Date.now()),
    offset: piece?.from ?? next,
    next_offset: next,
    ...lossField(loss),
    ...exitFields(session),
  }
  return args.choice("format", ["text", "json"]) === "json"
    ? json(facts)
    : text(notices(call, loss) + facts.text, facts)
}

/** For JSON: what was lost since the last answer, where there is something. */
export const lossField = ({ trimmed, throttled }: Loss): { dropped_bytes?: number } =>
  trimmed + throttled > 0 ? { dropped_bytes: trimmed + throttled } : {}

function notices({ session }: SessionCall, { trimmed, throttled }: Loss): string {
  const cut = trimmed > 0 ? `[pty-mcp] output truncated (limit=${session.log.limit} bytes)\n` : ""
  const rate = session.allowed.output.rate
  return throttled > 0 ? `${cut}[pty-mcp] output throttled (limit=${rate} bytes/sec)\n` : cut
}

/** pty_read_at: whatever is still kept, consumed or not; consumes nothing. */
export function readAt(call: SessionCall): ToolResult {
  const { args, session } = call
  const stream = streamOf(args.text("stream"))
  const log = mcpSessionOf(session).reader(stream)?.log
  const offset = args.limit("offset", 0)
  const [base, end] = [log?.base ?? 0, log?.end ?? 0]
  const facts = { chunk_id: call.book.nextChunk(), stream, timestamp: seconds(Date.now()) }
  if (offset < base) return json({ truncated: true, text: "", next_offset: base, ...facts })
  if (!log || offset >= end) return json({ truncated: false, text: "", next_offset: end, ...facts })
  const piece = textOf(log, offset, maxChars(call), session.life.closed)
  return json({ truncated: false, text: piece.text, next_offset: piece.next, ...facts })
}

function streamOf(name = "pty"): StreamName {
  const known = STREAMS.find(each => each === name)
  if (known) return known
  throw new ToolError("unsupported stream", name)
}
