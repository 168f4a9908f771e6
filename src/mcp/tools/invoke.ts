// One tool call: the checks in the contract's order (pty-mcp, 2.1), then the tool.

import type { InputRequiredResult } from "@modelcontextprotocol/server"
import type { Session } from "../../core/session/session.ts"
import { demandLease } from "../calls/lease.ts"
import type { McpClient } from "../session/client.ts"
import { mcpSessionOf, SCOPES } from "../session/session.ts"
import { ToolError } from "./failure.ts"
import { Args } from "./parse.ts"
import { enabled } from "./table.ts"
import type { Asker, SessionTool, Tool, ToolCall, ToolResult } from "./tool.ts"

/** Runs a tool. Throws `ToolError` and `PtylineError`. */
export async function invoke(
  desk: McpClient,
  tool: Tool,
  raw: Record<string, unknown>,
  signal: AbortSignal,
  asker: Asker,
): Promise<ToolResult | InputRequiredResult> {
  if (!enabled(tool, desk.settings)) throw new ToolError("tool disabled by policy", tool.name)
  const args = new Args(raw)
  const call = { desk, args, owner: args.text("owner"), signal, asker }
  if ("run" in tool) return tool.run(call)
  return onSession(tool, call)
}

async function onSession(tool: SessionTool, call: ToolCall): Promise<ToolResult> {
  const { desk, args, owner } = call
  const session = find(desk, args.text("session_id") ?? "")
  const clientId = args.text("client_id")
  if (desk.settings.requireOwner) demandOwner(session, owner)
  demandScope(session, tool)
  if (tool.leased) demandLease(session, clientId)
  const book = mcpSessionOf(session)
  book.use()
  session.acted(clientId)
  return tool.onSession({ ...call, session, book, clientId })
}

/** By id alone: names are for pty_resume. */
function find(desk: McpClient, id: string): Session {
  const found = id !== "" && desk.sessions.has(id) ? desk.sessions.get(id) : null
  if (found?.id === id) return found
  throw new ToolError("unknown session_id", id.slice(0, 100))
}

function demandOwner(session: Session, owner: string | undefined): void {
  if (session.owner === null || session.owner === owner) return
  if (owner === undefined) throw new ToolError("owner is required for this session")
  throw new ToolError("session owner mismatch")
}

function demandScope(session: Session, tool: SessionTool): void {
  const { scope } = mcpSessionOf(session).facts
  if (SCOPES.indexOf(scope) >= SCOPES.indexOf(tool.scope)) return
  throw new ToolError(`scope '${scope}' does not allow tool '${tool.name}'`)
}
