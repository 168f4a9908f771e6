// The lease tools (contract pty-mcp, 3.3), over the core's lease that every surface shares.

import { PtylineError } from "../../core/lib/errors.ts"
import type { Session } from "../../core/session/session.ts"
import { mcpSessionOf } from "../session/session.ts"
import { leaseFields } from "../session/status.ts"
import { ToolError } from "../tools/failure.ts"
import { json, type SessionCall, type ToolResult } from "../tools/tool.ts"

const OTHER = "session is attached to another client"

/** Throws unless the caller may act on a session that somebody may hold. */
export function demandLease(session: Session, clientId: string | undefined): void {
  const { owner: holder } = session.lease
  if (!holder || holder.client === clientId) return
  if (!mcpSessionOf(session).clients.has(holder.client))
    throw new ToolError(`session is held by ${holder.client}`)
  if (clientId === undefined) throw new ToolError("client_id is required for an attached session")
  throw new ToolError(OTHER)
}

export function attach(call: SessionCall): ToolResult {
  const client = clientOf(call)
  if (call.session.life.exit) throw new ToolError("process has exited")
  orOther(call, () => call.session.liveLease.take(client, { from: null, reason: call.args.text("reason") }))
  return done(call, "attach", client)
}

export function detach(call: SessionCall): ToolResult {
  const client = clientOf(call)
  orOther(call, () => call.session.lease.release(client, call.args.text("reason")))
  return done(call, "detach", client)
}

export function handoff(call: SessionCall): ToolResult {
  const client = clientOf(call)
  const target = call.args.required("target_client_id")
  attachedTo(call.session)
  const moved = orOther(call, () => call.session.liveLease.handoff(client, target, call.args.text("reason")))
  return done(call, "handoff", target, moved)
}

export function takeover(call: SessionCall): ToolResult {
  const { session, args } = call
  const client = clientOf(call)
  const from = args.required("from_client_id")
  const holder = attachedTo(session)
  if (holder === client) return done(call, null, client, [])
  // what a person has taken they give back themselves
  if (!call.book.clients.has(holder)) throw new ToolError(`session is held by ${holder}`)
  if (holder !== from) throw new ToolError("lease is not held by from_client_id", from)
  const moved = session.liveLease.take(client, { from, reason: args.text("reason") })
  return done(call, "takeover", client, moved)
}

function clientOf({ clientId }: SessionCall): string {
  if (clientId === undefined || clientId.trim() === "") throw new ToolError("client_id is required")
  return clientId
}

function attachedTo({ lease }: Session): string {
  if (lease.owner) return lease.owner.client
  throw new ToolError("session is not attached")
}

function orOther<T>({ session }: SessionCall, act: () => T): T {
  try {
    return act()
  } catch (error) {
    if (!(error instanceof PtylineError) || error.code !== "held") throw error
    const who = String(error.details.held_by)
    if (mcpSessionOf(session).clients.has(who) || !session.lease.owner) throw new ToolError(OTHER)
    throw new ToolError(`session is held by ${who}`)
  }
}

function done(call: SessionCall, event: string | null, client: string, transferred?: string[]): ToolResult {
  const { session, desk, args } = call
  for (const { id } of session.lease.workspace) remember(call, id, client)
  if (event) desk.journal?.event(session, event, { client_id: client, reason: args.text("reason") ?? null })
  const fields = { session_id: session.id, ok: true, ...leaseFields(session) }
  return json(transferred ? { ...fields, transferred } : fields)
}

function remember({ desk }: SessionCall, id: string, client: string): void {
  mcpSessionOf(desk.sessions.get(id)).clients.add(client)
}
