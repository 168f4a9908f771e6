// pty_wait, pty_close and pty_close_all: the end of a session.

import { exitFields } from "../session/status.ts"
import { json, OK, type SessionCall, type ToolCall, type ToolResult } from "../tools/tool.ts"

/** Returns after the exit and the last byte of output, or at the timeout. */
export async function wait({ session, args, signal }: SessionCall): Promise<ToolResult> {
  const deadline = performance.now() + args.milliseconds("timeout_ms", 10_000)
  while (!session.life.closed && !signal.aborted) {
    const left = deadline - performance.now()
    if (left <= 0) break
    await session.altered.wait(signal, left)
  }
  return json(exitFields(session))
}

export async function close({ client, session }: SessionCall): Promise<ToolResult> {
  await client.end(session)
  return OK
}

export async function closeAll({ client }: ToolCall): Promise<ToolResult> {
  await Promise.all([...client.ownSessions].map(session => client.end(session)))
  return OK
}
