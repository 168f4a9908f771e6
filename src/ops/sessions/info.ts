// Session, exit and lease descriptions as the API returns them.

import type { LeaseChange as Change, LeaseOwner } from "../../core/access/lease.ts"
import type { Exit } from "../../core/session/life.ts"
import type { Session } from "../../core/session/session.ts"
import type { ExitInfo, LeaseChangeInfo, LeaseInfo, SessionInfo } from "../shapes.ts"

/** Returns null before the exit, and for a lost session, whose exit is unknown. */
export const exitInfo = (exit: Exit | null): ExitInfo | null =>
  exit && (exit.code !== null || exit.signal !== null)
    ? { code: exit.code, signal: exit.signal, at: exit.at.toISOString() }
    : null

export const leaseInfo = (owner: LeaseOwner | null): LeaseInfo | null =>
  owner && { client: owner.client, since: owner.since.toISOString(), reason: owner.reason }

export const leaseChange = (last: Change | null): LeaseChangeInfo | null =>
  last && { ...last, at: last.at.toISOString() }

/** Describes a session. Never includes environment variables. */
export function sessionInfo(session: Session): SessionInfo {
  const { id, name, backend, size, title, owner, tags, log, viewers, warnings, life } = session
  return {
    id,
    name,
    state: life.state,
    argv: session.spec.argv,
    cwd: session.spec.cwd,
    pid: life.pid,
    backend,
    size,
    size_policy: session.viewers.sizing.policy,
    title,
    owner,
    tags,
    created_at: session.createdAt.toISOString(),
    last_active_at: session.lastActiveAt.toISOString(),
    log: { base: session.output.base, end: log.end, limit: log.limit },
    exit: exitInfo(session.life.exit),
    tail_open: session.life.tailOpen,
    durable: session.durable,
    lost: session.life.lost,
    restart: session.restart,
    relaunches: session.launches.length,
    viewers: viewers.count,
    record_input: session.spec.recordInput === true,
    workspace: session.workspace,
    lease: leaseInfo(session.lease.owner),
    last_lease: leaseChange(session.lease.last),
    warnings,
  }
}
