// The confirmation of dangerous commands (contract pty-mcp, 3.8). By default it only prevents accidents,
// because an agent can confirm its own command. When the server requires approvals, a person decides.

import { type InputRequiredResult, inputRequired, inputResponse } from "@modelcontextprotocol/server"
import type { Approval, Approvals } from "../../core/access/approvals.ts"
import { dangersOf, plainCommand } from "../../core/access/danger.ts"
import { attempt } from "../../core/lib/attempt.ts"
import type { McpClient } from "../session/client.ts"
import { seconds } from "../session/status.ts"
import { ToolError } from "../tools/failure.ts"
import type { Args } from "../tools/parse.ts"
import { json, type ToolCall, type ToolResult } from "../tools/tool.ts"

export type Confirmation = {
  matches: string[]
  mode: "none" | "token" | "legacy"
  /** Returns the token after a failed start. */
  undo: () => void
}

/** Throws the contract's error for a dangerous command without a valid confirmation. */
export function checkConfirmation(
  client: McpClient,
  args: Args,
  start: { command: string; owner?: string; scope: string },
): Confirmation {
  const matches = matchesOf(client, start.command)
  const none = { matches, mode: "none" as const, undo: () => {} }
  if (matches.length === 0) return none
  const token = args.text("dangerous_confirm_token")
  if (token !== undefined)
    return { ...none, mode: "token", undo: client.sessions.confirmations.claim(token, start) }
  if (!client.settings.legacyConfirmation || client.sessions.approvals)
    throw new ToolError("dangerous command detected; confirmation token required")
  if (args.flag("dangerous_confirmed") || args.text("dangerous_justification")?.trim())
    return { ...none, mode: "legacy" }
  throw new ToolError("dangerous command detected; use confirm_dangerous_command")
}

/** Returns the matching patterns of the client and, when it requires approvals, of the server. */
const matchesOf = ({ dangerRules, sessions }: McpClient, command: string): string[] => {
  const required = sessions.approvals?.matches(command) ?? []
  return [...new Set([...dangersOf(command, dangerRules), ...required])]
}

export async function confirm(call: ToolCall): Promise<ToolResult | InputRequiredResult> {
  const { client, args, owner } = call
  const command = args.required("command")
  const matches = matchesOf(client, command)
  if (matches.length === 0) return json({ ok: true, dangerous: false, matches })
  const reason = args.text("justification")
  if (!reason?.trim()) return json({ ok: false, dangerous: true, matches, error: "justification required" })
  const start = { command, owner, scope: args.text("scope") }
  const { approvals, confirmations } = client.sessions
  if (approvals) return askPerson(call, approvals, { ...start, reason, by: "an agent" }, matches)
  return granted(matches, confirmations.issue(start, client.settings.confirmTtlSec * 1000))
}

const granted = (matches: string[], { token, expiresAt }: { token: string; expiresAt: Date }): ToolResult =>
  json({ ok: true, dangerous: true, matches, confirm_token: token, expires_at: seconds(expiresAt) })

const denied = (matches: string[], error: string, approval_id: string): ToolResult =>
  json({ ok: false, dangerous: true, matches, error, approval_id })

/** How long a call waits for a person, in ms: less than MCP clients wait for a call. */
const APPROVAL_WAIT_MS = 45_000

/** Returns the token after a person approved, on the page, by `ptyline approve` or in the caller's dialog. */
async function askPerson(
  call: ToolCall,
  approvals: Approvals,
  request: Parameters<Approvals["ask"]>[0],
  matches: string[],
): Promise<ToolResult | InputRequiredResult> {
  const { client, elicitation, signal } = call
  const key = JSON.stringify([plainCommand(request.command), request.owner, request.scope])
  const { id, state } = reusable(approvals, client.approvalIds.get(key)) ?? approvals.ask(request)
  client.approvalIds.set(key, id)
  if (state === "open" && elicitation.canElicit) {
    const answer = inputResponse(elicitation.answers, "approval")
    if (answer.kind !== "elicit") return inputRequired({ inputRequests: { approval: form(request) } })
    const approved = answer.action === "accept" && answer.content?.approve === true
    if (approvals.get(id).state === "open") approvals.decide(id, approved, "the agent's user")
  }
  const decided = await approvals.outcome(id, APPROVAL_WAIT_MS, signal)
  if (decided.state === "open")
    return denied(matches, "no decision yet; call again with the same arguments to keep waiting", id)
  client.approvalIds.delete(key)
  if (decided.state !== "approved") return denied(matches, `approval ${decided.state}`, id)
  return granted(matches, approvals.confirmation(id))
}

/** Returns an earlier approval of the same request while it is open or approved. */
function reusable(approvals: Approvals, id: string | undefined): Approval | null {
  // `get` throws for an expired one
  const approval = id === undefined ? undefined : attempt(() => approvals.get(id))
  return approval?.state === "open" || approval?.state === "approved" ? approval : null
}

function form({ command, reason }: { command: string; reason?: string }) {
  const message = `An agent wants to run a command that looks dangerous: ${command}\nReason: ${reason}`
  const requestedSchema = {
    type: "object" as const,
    properties: { approve: { type: "boolean" as const, title: "Allow once" } },
    required: ["approve"],
  }
  return inputRequired.elicit({ message, requestedSchema })
}
