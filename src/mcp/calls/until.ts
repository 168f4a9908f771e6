// Waiting for text: pty_read_until, pty_read_until_any and pty_prompt (contract pty-mcp, 3.5).

import type { Pattern } from "../../ops/output/match.ts"
import { patternsOf } from "../session/pattern.ts"
import type { StreamReader } from "../session/reader.ts"
import { type TextMatch, waitForText } from "../session/search.ts"
import { exitFields } from "../session/status.ts"
import type { SessionCall, ToolResult } from "../tools/tool.ts"
import { consume, lossField, maxChars } from "./read.ts"
import { send } from "./write.ts"

const TIMEOUT_MS = 10_000

export function readUntil(call: SessionCall): Promise<ToolResult> {
  const { args } = call
  return until(call, patternsOf([args.text("pattern") ?? ""], args.flag("regex") ?? false, "pattern"), false)
}

export const readUntilAny = (call: SessionCall): Promise<ToolResult> => until(call, anyOf(call), true)

/** Text that was printed before the write cannot match: it is no answer to it. */
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

/** `begin` says from where on text may match. */
async function until(
  call: SessionCall,
  patterns: Pattern[],
  named: boolean,
  begin: (reader: StreamReader) => number | Promise<number> = reader => reader.offset,
): Promise<ToolResult> {
  const { session, signal } = call
  const deadline = performance.now() + timeoutOf(call)
  const max = maxChars(call)
  const found = await consume(call, "pty", deadline, async reader => {
    const [from, searchFrom] = [reader.offset, await begin(reader)]
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
  return answer(call, found, named)
}

function timeoutOf({ args, desk }: SessionCall): number {
  const asked = args.milliseconds("timeout_ms", TIMEOUT_MS)
  const { readUntilMaxMs } = desk.settings
  return readUntilMaxMs > 0 ? Math.min(asked, readUntilMaxMs) : asked
}

function answer({ book }: SessionCall, found: TextMatch | null, named: boolean): ToolResult {
  const { session } = book
  const reader = book.reader("pty")!
  const matched = found !== null && found.matchEnd !== null
  const facts = {
    matched,
    text: found?.text ?? "",
    chunk_id: book.nextChunk(),
    stream: "pty",
    ...(named && { pattern: found?.pattern ?? null }),
    match_end: found?.matchEnd ?? null,
    exited: session.life.exit !== null,
    ...lossField(reader.losses()),
  }
  const more = { next_offset: found?.next ?? reader.offset, ...exitFields(session) }
  return { text: JSON.stringify(facts), structured: { ...facts, ...more } }
}
