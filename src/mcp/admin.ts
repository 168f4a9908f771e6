// The tools of whoever runs the server: defaults, limits, figures.

import { bookOf } from "./book.ts"
import type { Desk, DeskLimits } from "./desk.ts"
import { existing } from "./directory.ts"
import { type Answer, type Call, json } from "./tool.ts"

export function setDefaultCwd({ desk, args }: Call): Answer {
  const cwd = args.text("cwd")
  desk.defaultCwd = cwd === undefined ? null : existing(desk, cwd)
  return json({ ok: true, cwd: desk.defaultCwd })
}

export const getDefaultCwd = ({ desk }: Call): Answer => json({ cwd: desk.defaultCwd })

export const getLimits = ({ desk }: Call): Answer => json({ ...desk.limits })

/** For new sessions and for those that live. */
export function setLimits({ desk, args }: Call): Answer {
  const wanted: Partial<DeskLimits> = {}
  for (const name of Object.keys(desk.limits) as (keyof DeskLimits)[]) {
    const value = args.integer(name)
    if (value !== undefined) wanted[name] = Math.max(0, value)
  }
  if (wanted.max_output_bytes === 0) delete wanted.max_output_bytes
  Object.assign(desk.limits, wanted)
  applyToLive(desk, wanted)
  return getLimits({ desk } as Call)
}

function applyToLive(desk: Desk, wanted: Partial<DeskLimits>): void {
  for (const session of desk.own) {
    const { log, streams, allowed, durable } = session
    if (wanted.read_timeout_ms !== undefined) bookOf(session).readTimeoutMs = null
    if (wanted.rate_limit_bps !== undefined && !durable) allowed.output.rate = wanted.rate_limit_bps
    if (wanted.input_rate_bps !== undefined) allowed.input.rate = wanted.input_rate_bps
    for (const each of [log, streams?.stdout, streams?.stderr])
      if (each && wanted.max_output_bytes !== undefined) each.limit = wanted.max_output_bytes
  }
}

export function metrics({ desk }: Call): Answer {
  const all = [...desk.own]
  const sum = (value: (session: (typeof all)[number]) => number) => all.reduce((n, s) => n + value(s), 0)
  return json({
    ...counts(desk),
    running_count: all.filter(session => session.state === "running").length,
    bytes_read_total: sum(session => session.log.end),
    bytes_written_total: sum(session => session.received),
    rate_dropped_total: sum(session => session.allowed.output.refused),
    input_dropped_total: sum(session => session.allowed.input.refused),
    truncated_sessions: all.filter(session => session.log.base > 0).length,
  })
}

export const health = ({ desk }: Call): Answer => json({ ok: true, ...counts(desk) })

const counts = (desk: Desk) => ({
  uptime_sec: (Date.now() - desk.startedAt) / 1000,
  session_count: desk.own.size,
  max_sessions: desk.settings.maxSessions,
})
