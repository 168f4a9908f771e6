// pty_recover: tmux sessions that outlived their server (contract pty-mcp, 3.9).

import { hasCode } from "../../core/lib/errors.ts"
import type { Session } from "../../core/session/session.ts"
import type { McpClient } from "../session/client.ts"
import { nameWithOwner, runningNamed } from "../session/names.ts"
import { type McpSessionRecord, mcpSessionOf } from "../session/session.ts"
import { seconds, status } from "../session/status.ts"
import { ToolError } from "../tools/failure.ts"
import { json, type ToolCall, type ToolResult } from "../tools/tool.ts"

/** The server's records of sessions that outlive it. */
const SPACE = "mcp.tmux"

export async function recover({ client, args, owner }: ToolCall): Promise<ToolResult> {
  const name = args.required("name")
  if (!owner?.trim()) throw new ToolError("owner is required for pty_recover")
  if (runningNamed(client, name, owner).length > 0) throw new ToolError("session is already live", name)
  const known = new Set(client.sessions.list())
  const session = await recoverByName(client, name, owner)
  // all sessions of a workspace are recovered together
  for (const other of client.sessions.list())
    if (!known.has(other) && other.recoverable) restore(client, other)
  client.journal?.event(session, "recover", { name })
  return json(status(session))
}

/** Tries the name itself, then the name with the owner. */
async function recoverByName(client: McpClient, name: string, owner: string): Promise<Session> {
  for (const coreName of [name, nameWithOwner(name, owner)])
    try {
      return await client.sessions.recover(coreName, owner)
    } catch (error) {
      if (!hasCode(error, "not_found")) throw error
    }
  throw new ToolError("no recoverable session", name)
}

/** Restores the record of a recovered session and makes the client responsible for it. */
function restore(client: McpClient, session: Session): void {
  const stored = client.sessions.records.get(SPACE, session.id) as McpSessionRecord | undefined
  const mcpSession = mcpSessionOf(session)
  mcpSession.record = { ...(stored ?? mcpSession.record), recoveredAt: seconds(Date.now()) }
  storeForRecovery(client, session)
  client.adopt(session)
  client.journal?.start(session)
}

/** Stores the record of a recoverable session until the session exits. */
export function storeForRecovery(client: McpClient, session: Session): void {
  if (!session.recoverable || session.name === null || session.owner === null) return
  client.sessions.records.put(SPACE, session.id, mcpSessionOf(session).record)
  void deleteAtExit(client, session)
}

async function deleteAtExit(client: McpClient, session: Session): Promise<void> {
  while (session.life.state === "running") await session.altered.wait()
  // without an exit, a stopping server released the session
  if (session.life.exit) client.sessions.records.remove(SPACE, session.id)
}
