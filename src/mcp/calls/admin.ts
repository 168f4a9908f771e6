// The tools of whoever runs the server: defaults, limits, figures.

import type { McpClient, McpClientLimits } from "../session/client.ts"
import { existing } from "../session/directory.ts"
import { mcpSessionOf } from "../session/session.ts"
import { json, type ToolCall, type ToolResult } from "../tools/tool.ts"

export function setDefaultCwd({ desk, args }: ToolCall): ToolResult {
  const cwd = args.text("cwd")
  desk.defaultCwd = cwd === undefined ? null : existing(desk, cwd)
  return json({ ok: true, cwd: desk.defaultCwd })
}

export const getDefaultCwd = ({ desk }: ToolCall): ToolResult => json({ cwd: desk.defaultCwd })

export const getLimits = ({ desk }: ToolCall): ToolResult => json({ ...desk.limits })

/** For new sessions and for those that live. */
export function setLimits({ desk, args }: ToolCall): ToolResult {
  const wanted: Partial<McpClientLimits> = {}
  for (const name of Object.keys(desk.limits) as (keyof McpClientLimits)[]) {
    const value = args.integer(name)
    if (value !== undefined) wanted[name] = Math.max(0, value)
  }
  if (wanted.max_output_bytes === 0) delete wanted.max_output_bytes
  Object.assign(desk.limits, wanted)
  applyToLive(desk, wanted)
  return getLimits({ desk } as ToolCall)
}

function applyToLive(desk: McpClient, wanted: Partial<McpClientLimits>): void {
  for (const session of desk.own) {
    const { output, allowed, durable } = session
    const { log, streams } = output
    if (wanted.read_timeout_ms !== undefined) mcpSessionOf(session).readTimeoutMs = null
    if (wanted.rate_limit_bps !== undefined && !durable) allowed.output.rate = wanted.rate_limit_bps
    if (wanted.input_rate_bps !== undefined) allowed.input.rate = wanted.input_rate_bps
    for (const each of [log, streams?.stdout, streams?.stderr])
      if (each && wanted.max_output_bytes !== undefined) each.limit = wanted.max_output_bytes
  }
}

export function metrics({ desk }: ToolCall): ToolResult {
  const all = [...desk.own]
  const sum = (value: (session: (typeof all)[number]) => number) => all.reduce((n, s) => n + value(s), 0)
  return json({
    ...counts(desk),
    running_count: all.filter(session => session.life.state === "running").length,
    bytes_read_total: sum(session => session.log.end),
    bytes_written_total: sum(session => session.input.accepted),
    rate_dropped_total: sum(session => session.allowed.output.refused),
    input_dropped_total: sum(session => session.allowed.input.refused),
    truncated_sessions: all.filter(session => session.log.base > 0).length,
  })
}

export const health = ({ desk }: ToolCall): ToolResult => json({ ok: true, ...counts(desk) })

const counts = (desk: McpClient) => ({
  uptime_sec: (Date.now() - desk.startedAt) / 1000,
  session_count: desk.own.size,
  max_sessions: desk.settings.maxSessions,
})
