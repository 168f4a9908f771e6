// The lease tools (contract pty-mcp, 3.3). They use the core's lease, which all surfaces share.

import { hasCode } from "../../core/lib/errors.ts"
import type { Session } from "../../core/session/session.ts"
import { mcpSessionOf } from "../session/session.ts"
import { leaseFields } from "../session/status.ts"
import { ToolError } from "../tools/failure.ts"
import { json, type SessionCall, type ToolResult } from "../tools/tool.ts"

const ATTACHED_TO_OTHER = "session is attached to another client"

/** Throws when another client owns the lease. */
export function checkLease(session: Session, clientId: string | undefined): void {
  const { owner } = session.lease
  if (!owner || owner.client === clientId) return
  if (!mcpSessionOf(session).leaseClients.has(owner.client))
    throw new ToolError(`session is held by ${owner.client}`)
  if (clientId === undefined) throw new ToolError("client_id is required for an attached session")
  throw new ToolError(ATTACHED_TO_OTHER)
}

export function attach(call: SessionCall): ToolResult {
  const { session, args } = call
  const clientId = requiredClientId(call)
  if (session.life.exit) throw new ToolError("process has exited")
  translateHeld(session, () => session.liveLease.take(clientId, { from: null, reason: args.text("reason") }))
  return leaseResult(call, "attach", clientId)
}

export function detach(call: SessionCall): ToolResult {
  const { session, args } = call
  const clientId = requiredClientId(call)
  translateHeld(session, () => session.lease.release(clientId, args.text("reason")))
  return leaseResult(call, "detach", clientId)
}

export function handoff(call: SessionCall): ToolResult {
  const { session, args } = call
  const clientId = requiredClientId(call)
  const target = args.required("target_client_id")
  leaseOwner(session)
  const moved = translateHeld(session, () => session.liveLease.handoff(clientId, target, args.text("reason")))
  return leaseResult(call, "handoff", target, moved)
}

export function takeover(call: SessionCall): ToolResult {
  const { session, args } = call
  const clientId = requiredClientId(call)
  const from = args.required("from_client_id")
  const owner = leaseOwner(session)
  if (owner === clientId) return leaseResult(call, null, clientId, [])
  // only the person who took the lease may release it
  if (!call.mcpSession.leaseClients.has(owner)) throw new ToolError(`session is held by ${owner}`)
  if (owner !== from) throw new ToolError("lease is not held by from_client_id", from)
  const moved = session.liveLease.take(clientId, { from, reason: args.text("reason") })
  return leaseResult(call, "takeover", clientId, moved)
}

function requiredClientId({ clientId }: SessionCall): string {
  if (clientId === undefined || clientId.trim() === "") throw new ToolError("client_id is required")
  return clientId
}

/** Throws `session is not attached`. */
function leaseOwner({ lease }: Session): string {
  if (lease.owner) return lease.owner.client
  throw new ToolError("session is not attached")
}

/** Runs a change of the lease and replaces the core's `held` error by the contract's. */
function translateHeld<T>(session: Session, change: () => T): T {
  try {
    return change()
  } catch (error) {
    if (!hasCode(error, "held")) throw error
    const owner = String(error.details.held_by)
    if (mcpSessionOf(session).leaseClients.has(owner) || !session.lease.owner)
      throw new ToolError(ATTACHED_TO_OTHER)
    throw new ToolError(`session is held by ${owner}`)
  }
}

/** Records the client and the event, and returns the lease fields. */
function leaseResult(
  { session, client, args }: SessionCall,
  event: string | null,
  clientId: string,
  transferred?: string[],
): ToolResult {
  for (const { id } of session.lease.workspace)
    mcpSessionOf(client.sessions.get(id)).leaseClients.add(clientId)
  if (event)
    client.journal?.event(session, event, { client_id: clientId, reason: args.text("reason") ?? null })
  const fields = { session_id: session.id, ok: true, ...leaseFields(session) }
  return json(transferred ? { ...fields, transferred } : fields)
}
