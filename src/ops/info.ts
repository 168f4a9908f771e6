// A session as callers see it.

import type { Exit, Session } from "../core/session.ts"
import type { ExitInfo, SessionInfo } from "./shapes.ts"

export const exitInfo = (exit: Exit | null): ExitInfo | null =>
  exit && { code: exit.code, signal: exit.signal, at: exit.at.toISOString() }

/** Environment values are never part of it. */
export function sessionInfo(session: Session): SessionInfo {
  const { id, name, state, backend, size, title, owner, tags, log, viewers, warnings, pid } = session
  return {
    id,
    name,
    state,
    argv: session.spec.argv,
    cwd: session.spec.cwd,
    pid,
    backend,
    size,
    title,
    owner,
    tags,
    created_at: session.createdAt.toISOString(),
    last_active_at: session.lastActiveAt.toISOString(),
    log: { base: session.base, end: log.end, limit: log.limit },
    exit: exitInfo(session.exit),
    tail_open: session.tailOpen,
    durable: session.durable,
    viewers,
    lease: null,
    warnings,
  }
}
