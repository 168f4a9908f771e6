// pty_recover: a tmux session, and with it its workspace, whose server was restarted (contract pty-mcp, 3.9).

import { PtylineError } from "../../core/lib/errors.ts"
import type { Session } from "../../core/session/session.ts"
import type { McpClient } from "../session/client.ts"
import { liveNamed, longerName } from "../session/names.ts"
import { type McpSessionRecord, mcpSessionOf } from "../session/session.ts"
import { status } from "../session/status.ts"
import { ToolError } from "../tools/failure.ts"
import { json, seconds, type ToolCall, type ToolResult } from "../tools/tool.ts"

/** Where the server keeps what these tools know of sessions that outlive it in tmux. */
const SPACE = "mcp.tmux"

export async function recover({ desk, args, owner }: ToolCall): Promise<ToolResult> {
  const name = args.required("name")
  if (!owner?.trim()) throw new ToolError("owner is required for pty_recover")
  if (liveNamed(desk, name, owner).length > 0) throw new ToolError("session is already live", name)
  const known = new Set(desk.sessions.list())
  const session = await found(desk, name, owner)
  // all of a workspace come back together
  for (const one of desk.sessions.list()) if (!known.has(one) && one.recoverable) settle(desk, one)
  desk.journal?.event(session, "recover", { name })
  return json(status(session))
}

/** Under its own name, or under the longer one it got where another owner had that. */
async function found(desk: McpClient, name: string, owner: string): Promise<Session> {
  for (const called of [name, longerName(name, owner)])
    try {
      return await desk.sessions.recover(called, owner)
    } catch (error) {
      if (!(error instanceof PtylineError) || error.code !== "not_found") throw error
    }
  throw new ToolError("no recoverable session", name)
}

/** A session that was just taken up is what it was, detached, and this desk's business from now on. */
function settle(desk: McpClient, session: Session): void {
  const kept = desk.sessions.records.get(SPACE, session.id) as McpSessionRecord | undefined
  const book = mcpSessionOf(session)
  book.facts = { ...(kept ?? book.facts), recoveredAt: seconds(Date.now()) }
  keepForRecovery(desk, session)
  desk.adopt(session)
  desk.journal?.begin(session)
}

/** Keeps what `settle` needs, until the session ends. */
export function keepForRecovery(desk: McpClient, session: Session): void {
  if (!session.recoverable || session.name === null || session.owner === null) return
  desk.sessions.records.put(SPACE, session.id, mcpSessionOf(session).facts)
  void forgetAtEnd(desk, session)
}

async function forgetAtEnd(desk: McpClient, session: Session): Promise<void> {
  while (session.life.state === "running") await session.altered.wait()
  // removed while it runs: let go by a server that stops
  if (session.life.exit) desk.sessions.records.remove(SPACE, session.id)
}
