// pty_read_until, pty_read_until_any and pty_prompt: waiting for text (contract pty-mcp, 3.5).

import type { Pattern } from "../../ops/output/match.ts"
import { patternsOf } from "../session/pattern.ts"
import type { StreamReader } from "../session/reader.ts"
import { type TextMatch, waitForText } from "../session/search.ts"
import { exitFields } from "../session/status.ts"
import type { SessionCall, ToolResult } from "../tools/tool.ts"
import { consume, lossFields, maxChars } from "./read.ts"
import { send } from "./write.ts"

const TIMEOUT_MS = 10_000

export function readUntil(call: SessionCall): Promise<ToolResult> {
  const { args } = call
  return until(call, patternsOf([args.text("pattern") ?? ""], args.flag("regex") ?? false, "pattern"), false)
}

export const readUntilAny = (call: SessionCall): Promise<ToolResult> => until(call, anyOf(call), true)

/** Output from before the write cannot match. */
export function prompt(call: SessionCall): Promise<ToolResult> {
  const patterns = anyOf(call)
  const data = call.args.data("data")
  return until(call, patterns, true, async reader => {
    const from = data === "" ? reader.offset : reader.log.end
    if (data !== "") await send(call, data)
    return from
  })
}

function anyOf({ args }: SessionCall): Pattern[] {
  return patternsOf(args.texts("patterns"), args.flag("regex") ?? false, "patterns")
}

/** `searchStart` returns where a match may start. */
async function until(
  call: SessionCall,
  patterns: Pattern[],
  withPattern: boolean,
  searchStart: (reader: StreamReader) => number | Promise<number> = reader => reader.offset,
): Promise<ToolResult> {
  const { session, signal } = call
  const deadline = performance.now() + timeoutOf(call)
  const max = maxChars(call)
  const match = await consume(call, "pty", deadline, async reader => {
    const [from, searchFrom] = [reader.offset, await searchStart(reader)]
    const result = await waitForText(session, reader.log, {
      from,
      searchFrom,
      patterns,
      max,
      deadline,
      signal,
    })
    if (result) reader.advance(result.next)
    return result
  })
  return searchResult(call, match, withPattern)
}

function timeoutOf({ args, client }: SessionCall): number {
  const requested = args.milliseconds("timeout_ms", TIMEOUT_MS)
  const { readUntilMaxMs } = client.settings
  return readUntilMaxMs > 0 ? Math.min(requested, readUntilMaxMs) : requested
}

function searchResult(
  { mcpSession }: SessionCall,
  match: TextMatch | null,
  withPattern: boolean,
): ToolResult {
  const { session } = mcpSession
  const reader = mcpSession.reader("pty")!
  const matched = match !== null && match.matchEnd !== null
  const fields = {
    matched,
    text: match?.text ?? "",
    chunk_id: mcpSession.nextChunkId(),
    stream: "pty",
    ...(withPattern && { pattern: match?.pattern ?? null }),
    match_end: match?.matchEnd ?? null,
    exited: session.life.exit !== null,
    ...lossFields(reader.takeLoss()),
  }
  const more = { next_offset: match?.next ?? reader.offset, ...exitFields(session) }
  return { text: JSON.stringify(fields), structured: { ...fields, ...more } }
}
