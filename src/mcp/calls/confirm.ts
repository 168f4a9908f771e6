// The confirmation step for commands that look dangerous (contract pty-mcp, 3.8). By itself a seat belt: the same agent can confirm.
// Where the server asks for approvals, a person gives the token.

import { type InputRequiredResult, inputRequired, inputResponse } from "@modelcontextprotocol/server"
import type { Approval, Approvals } from "../../core/access/approvals.ts"
import { dangersOf, plainCommand } from "../../core/access/danger.ts"
import type { McpClient } from "../session/client.ts"
import { ToolError } from "../tools/failure.ts"
import type { Args } from "../tools/parse.ts"
import { json, seconds, type ToolCall, type ToolResult } from "../tools/tool.ts"

export type Confirmation = {
  matches: string[]
  mode: "none" | "token" | "legacy"
  /** Gives the token back: nothing was started. */
  undo: () => void
}

/** Throws the contract's refusals for a command that needs a confirmation and has none. */
export function confirmed(
  desk: McpClient,
  args: Args,
  wanted: { command: string; owner?: string; scope: string },
): Confirmation {
  const matches = matchesOf(desk, wanted.command)
  const free = { matches, mode: "none" as const, undo: () => {} }
  if (matches.length === 0) return free
  const token = args.text("dangerous_confirm_token")
  if (token !== undefined)
    return { ...free, mode: "token", undo: desk.sessions.confirmations.claim(token, wanted) }
  if (!desk.settings.legacyConfirmation || desk.sessions.approvals)
    throw new ToolError("dangerous command detected; confirmation token required")
  if (args.flag("dangerous_confirmed") || args.text("dangerous_justification")?.trim())
    return { ...free, mode: "legacy" }
  throw new ToolError("dangerous command detected; use confirm_dangerous_command")
}

/** By the desk's patterns, and by the server's where a person must allow what matches. */
const matchesOf = (desk: McpClient, command: string): string[] => [
  ...new Set([...dangersOf(command, desk.dangers), ...(desk.sessions.approvals?.matches(command) ?? [])]),
]

export async function confirm(call: ToolCall): Promise<ToolResult | InputRequiredResult> {
  const { desk, args, owner } = call
  const command = args.required("command")
  const matches = matchesOf(desk, command)
  if (matches.length === 0) return json({ ok: true, dangerous: false, matches })
  const reason = args.text("justification")
  if (!reason?.trim()) return json({ ok: false, dangerous: true, matches, error: "justification required" })
  const grant = { command, owner, scope: args.text("scope") }
  const { approvals, confirmations } = desk.sessions
  if (approvals) return byPerson(call, approvals, { ...grant, reason, by: "an agent" }, matches)
  return granted(matches, confirmations.issue(grant, desk.settings.confirmTtlSec * 1000))
}

const granted = (matches: string[], { token, expiresAt }: { token: string; expiresAt: Date }): ToolResult =>
  json({ ok: true, dangerous: true, matches, confirm_token: token, expires_at: seconds(expiresAt) })

const refused = (matches: string[], error: string, approval_id: string): ToolResult =>
  json({ ok: false, dangerous: true, matches, error, approval_id })

/** How long a call waits for the person, in ms: less than clients wait for a call. */
const PATIENCE_MS = 45_000

/** The token once somebody allowed it: on the page, by `ptyline approve`, or asked by the caller itself where it can. */
async function byPerson(
  call: ToolCall,
  approvals: Approvals,
  question: Parameters<Approvals["ask"]>[0],
  matches: string[],
): Promise<ToolResult | InputRequiredResult> {
  const { desk, asker, signal } = call
  const key = JSON.stringify([plainCommand(question.command), question.owner, question.scope])
  const { id, state } = pending(approvals, desk.asked.get(key)) ?? approvals.ask(question)
  desk.asked.set(key, id)
  if (state === "open" && asker.canElicit) {
    const answer = inputResponse(asker.answers, "approval")
    if (answer.kind !== "elicit") return inputRequired({ inputRequests: { approval: form(question) } })
    const yes = answer.action === "accept" && answer.content?.approve === true
    if (approvals.get(id).state === "open") approvals.decide(id, yes, "the agent's user")
  }
  const decided = await approvals.outcome(id, PATIENCE_MS, signal)
  if (decided.state === "open")
    return refused(matches, "a person has not answered yet; call again to wait on", id)
  desk.asked.delete(key)
  if (decided.state !== "approved") return refused(matches, `approval ${decided.state}`, id)
  return granted(matches, approvals.confirmation(id))
}

/** The same question, asked before, that can still be used. */
function pending(approvals: Approvals, id: string | undefined): Approval | null {
  const usable = (approval: Approval) => approval.state === "open" || approval.state === "approved"
  try {
    const approval = id === undefined ? null : approvals.get(id)
    return approval && usable(approval) ? approval : null
  } catch {
    // forgotten in the meantime
    return null
  }
}

function form({ command, reason }: { command: string; reason?: string }) {
  const message = `An agent wants to run a command that looks dangerous: ${command}\nWhy: ${reason}`
  const requestedSchema = {
    type: "object" as const,
    properties: { approve: { type: "boolean" as const, title: "Allow it once" } },
    required: ["approve"],
  }
  return inputRequired.elicit({ message, requestedSchema })
}
