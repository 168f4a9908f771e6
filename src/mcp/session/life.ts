// A session's end: waiting for it, and bringing it about.

import { json, OK, type SessionCall, type ToolCall, type ToolResult } from "../tools/tool.ts"
import { exitFields } from "./status.ts"

/** Returns at the exit, behind the last byte of output. */
export async function wait({ session, args, signal }: SessionCall): Promise<ToolResult> {
  const deadline = performance.now() + args.milliseconds("timeout_ms", 10_000)
  while (!session.life.closed && !signal.aborted) {
    const left = deadline - performance.now()
    if (left <= 0) break
    await session.altered.wait(signal, left)
  }
  return json(exitFields(session))
}

export async function close({ desk, session }: SessionCall): Promise<ToolResult> {
  await desk.end(session)
  return OK
}

export async function closeAll({ desk }: ToolCall): Promise<ToolResult> {
  await Promise.all([...desk.own].map(session => desk.end(session)))
  return OK
}
