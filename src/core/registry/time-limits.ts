// Time limits: ends sessions that are too old or idle for too long.

import type { Timers } from "../lib/timers.ts"
import type { Session } from "../session/session.ts"

/** How long a program has to end by itself after its time limit, in ms. */
const GRACE_MS = 1000

/** Applies the time limits of a running session. Its age also counts while no server runs. */
export function limitTime(session: Session, timers: Timers<Session>): void {
  const { launchedAt } = session
  const { timeoutMs, idleTimeoutMs } = session.options
  if (session.life.state !== "running") return
  const age = Date.now() - launchedAt.getTime()
  if (timeoutMs)
    timers.after(session, Math.max(0, timeoutMs - age), () => void session.end(GRACE_MS, "timeout"))
  if (idleTimeoutMs) watchIdle(session, idleTimeoutMs, timers)
}

function watchIdle(session: Session, ms: number, timers: Timers<Session>): void {
  let end = session.log.end
  const check = () => {
    if (session.viewers.count > 0 || session.log.end !== end) session.touch()
    end = session.log.end
    const left = session.lastActiveAt.getTime() + ms - Date.now()
    if (left <= 0) void session.end(GRACE_MS)
    else timers.after(session, left, check)
  }
  timers.after(session, ms, check)
}
