// pty_read, pty_read_at and pty_read_quiescent (contract pty-mcp, 3.4).

import { type TextPiece, textOf } from "../../core/log/text.ts"
import { type Loss, MAX_READ_BYTES, type StreamReader } from "../session/reader.ts"
import { mcpSessionOf, STREAMS, type StreamName } from "../session/session.ts"
import { exitFields, seconds } from "../session/status.ts"
import { json, type SessionCall, type ToolResult } from "../tools/tool.ts"

/** Returns the call's `max_chars`. Below 1 the default applies. */
export function maxChars({ args, client }: SessionCall): number {
  const requested = args.integer("max_chars") ?? 0
  return Math.min(requested < 1 ? client.settings.maxChars : requested, MAX_READ_BYTES)
}

/** pty_read, pty_read_stdout and pty_read_stderr. */
export const readStream =
  (stream: StreamName) =>
  async (call: SessionCall): Promise<ToolResult> => {
    const timeout = call.mcpSession.readTimeoutMs ?? call.client.limits.read_timeout_ms
    const deadline = performance.now() + call.args.milliseconds("timeout_ms", timeout)
    const max = maxChars(call)
    const piece = await consume(call, stream, deadline, async reader => {
      await waitForFirstByte(reader, deadline, call.signal)
      return call.signal.aborted ? null : reader.take(max)
    })
    return readResult(call, stream, piece)
  }

/** Waits for the first byte, then for a pause in the output. */
export async function readQuiescent(call: SessionCall): Promise<ToolResult> {
  const { args, client, signal } = call
  const quietMs = args.milliseconds("quiescence_ms", client.settings.quiescenceMs)
  const deadline = performance.now() + args.milliseconds("timeout_ms", 10_000)
  const max = maxChars(call)
  const piece = await consume(call, "pty", deadline, async reader => {
    await waitForFirstByte(reader, deadline, signal)
    await waitForQuiet(reader, quietMs, deadline, signal)
    return signal.aborted ? null : reader.take(max)
  })
  return readResult(call, "pty", piece)
}

/** Runs `read` at this call's turn. Returns null at the deadline, without that stream and after a cancel. */
export async function consume<T>(
  { mcpSession, signal }: SessionCall,
  stream: StreamName,
  deadline: number,
  read: (reader: StreamReader) => Promise<T | null>,
): Promise<T | null> {
  const reader = mcpSession.reader(stream)
  if (!reader) return null
  const release = await reader.queue.enter(Math.max(0, deadline - performance.now()), signal)
  if (!release) return null
  try {
    return await read(reader)
  } finally {
    release()
  }
}

async function waitForFirstByte(reader: StreamReader, deadline: number, signal: AbortSignal): Promise<void> {
  const { session } = reader
  while (!reader.ready && !session.life.closed) {
    const left = deadline - performance.now()
    if (left <= 0 || signal.aborted) return
    await session.changed.wait(signal, left)
  }
}

async function waitForQuiet(
  reader: StreamReader,
  ms: number,
  deadline: number,
  signal: AbortSignal,
): Promise<void> {
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

/** Returns a consuming call's result as text or JSON. A text result starts with notices of lost bytes. */
function readResult(call: SessionCall, stream: StreamName, piece: TextPiece | null): ToolResult {
  const { args, mcpSession, session } = call
  const reader = mcpSession.reader(stream)
  const loss = reader?.takeLoss() ?? { trimmed: 0, throttled: 0 }
  const next = piece?.next ?? reader?.offset ?? 0
  const fields = {
    chunk_id: mcpSession.nextChunkId(),
    stream,
    text: piece?.text ?? "",
    timestamp: seconds(Date.now()),
    offset: piece?.from ?? next,
    next_offset: next,
    ...lossFields(loss),
    ...exitFields(session),
  }
  return args.choice("format", ["text", "json"]) === "json"
    ? json(fields)
    : { text: lossNotices(call, loss) + fields.text, structured: fields }
}

/** The JSON field for lost bytes; none without a loss. */
export const lossFields = ({ trimmed, throttled }: Loss): { dropped_bytes?: number } =>
  trimmed + throttled > 0 ? { dropped_bytes: trimmed + throttled } : {}

function lossNotices({ session }: SessionCall, { trimmed, throttled }: Loss): string {
  const cut = trimmed > 0 ? `[pty-mcp] output truncated (limit=${session.log.limit} bytes)\n` : ""
  const rate = session.allowed.output.rate
  return throttled > 0 ? `${cut}[pty-mcp] output throttled (limit=${rate} bytes/sec)\n` : cut
}

/** Reads any retained output without consuming it. */
export function readAt(call: SessionCall): ToolResult {
  const { args, session } = call
  const stream = args.oneOf("stream", STREAMS) ?? "pty"
  const log = mcpSessionOf(session).reader(stream)?.log
  const offset = args.limit("offset", 0)
  const [base, end] = [log?.base ?? 0, log?.end ?? 0]
  const fields = { chunk_id: call.mcpSession.nextChunkId(), stream, timestamp: seconds(Date.now()) }
  if (offset < base) return json({ truncated: true, text: "", next_offset: base, ...fields })
  if (!log || offset >= end) return json({ truncated: false, text: "", next_offset: end, ...fields })
  const piece = textOf(log, offset, maxChars(call), session.life.closed)
  return json({ truncated: false, text: piece.text, next_offset: piece.next, ...fields })
}
