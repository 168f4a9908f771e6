// One tool call: the checks in the contract's order (pty-mcp, 2.1), then the tool.

import type { InputRequiredResult } from "@modelcontextprotocol/server"
import type { Session } from "../../core/session/session.ts"
import { checkLease } from "../calls/lease.ts"
import type { McpClient } from "../session/client.ts"
import { mcpSessionOf, SCOPES } from "../session/session.ts"
import { ToolError } from "./failure.ts"
import { Args } from "./parse.ts"
import { enabled } from "./table.ts"
import type { Elicitation, SessionTool, Tool, ToolCall, ToolResult } from "./tool.ts"

/** Runs a tool. Throws `ToolError` and `PtylineError`. */
export async function invoke(
  client: McpClient,
  tool: Tool,
  raw: Record<string, unknown>,
  signal: AbortSignal,
  elicitation: Elicitation,
): Promise<ToolResult | InputRequiredResult> {
  if (!enabled(tool, client.settings)) throw new ToolError("tool disabled by policy", tool.name)
  const args = new Args(raw)
  const call = { client, args, owner: args.text("owner"), signal, elicitation }
  if ("run" in tool) return tool.run(call)
  return onSession(tool, call)
}

async function onSession(tool: SessionTool, call: ToolCall): Promise<ToolResult> {
  const { client, args, owner } = call
  const session = sessionById(client, args.text("session_id") ?? "")
  const clientId = args.text("client_id")
  if (client.settings.requireOwner) checkOwner(session, owner)
  checkScope(session, tool)
  if (tool.leased) checkLease(session, clientId)
  const mcpSession = mcpSessionOf(session)
  mcpSession.touch()
  session.acted(clientId)
  return tool.onSession({ ...call, session, mcpSession, clientId })
}

/** Only pty_resume accepts names. */
function sessionById({ sessions }: McpClient, id: string): Session {
  const found = id !== "" && sessions.has(id) ? sessions.get(id) : null
  if (found?.id === id) return found
  throw new ToolError("unknown session_id", id.slice(0, 100))
}

function checkOwner(session: Session, owner: string | undefined): void {
  if (session.owner === null || session.owner === owner) return
  if (owner === undefined) throw new ToolError("owner is required for this session")
  throw new ToolError("session owner mismatch")
}

function checkScope(session: Session, tool: SessionTool): void {
  const { scope } = mcpSessionOf(session).record
  if (SCOPES.indexOf(scope) >= SCOPES.indexOf(tool.scope)) return
  throw new ToolError(`scope '${scope}' does not allow tool '${tool.name}'`)
}
