// The admin tools: default directory, limits, metrics and health.

import type { McpClient, McpClientLimits } from "../session/client.ts"
import { existingDirectory } from "../session/directory.ts"
import { mcpSessionOf } from "../session/session.ts"
import { json, type ToolCall, type ToolResult } from "../tools/tool.ts"

export function setDefaultCwd({ client, args }: ToolCall): ToolResult {
  const cwd = args.text("cwd")
  client.defaultCwd = cwd === undefined ? null : existingDirectory(client, cwd)
  return json({ ok: true, cwd: client.defaultCwd })
}

export const getDefaultCwd = ({ client }: ToolCall): ToolResult => json({ cwd: client.defaultCwd })

export const getLimits = ({ client }: ToolCall): ToolResult => json({ ...client.limits })

/** Changes the limits of new sessions and of the client's running ones. */
export function setLimits({ client, args }: ToolCall): ToolResult {
  const changes: Partial<McpClientLimits> = {}
  for (const name of Object.keys(client.limits) as (keyof McpClientLimits)[]) {
    const value = args.integer(name)
    if (value !== undefined) changes[name] = Math.max(0, value)
  }
  if (changes.max_output_bytes === 0) delete changes.max_output_bytes
  Object.assign(client.limits, changes)
  applyToSessions(client, changes)
  return getLimits({ client } as ToolCall)
}

function applyToSessions(client: McpClient, changes: Partial<McpClientLimits>): void {
  for (const session of client.ownSessions) {
    const { output, allowed, durable } = session
    const { log, streams } = output
    if (changes.read_timeout_ms !== undefined) mcpSessionOf(session).readTimeoutMs = null
    if (changes.rate_limit_bps !== undefined && !durable) allowed.output.rate = changes.rate_limit_bps
    if (changes.input_rate_bps !== undefined) allowed.input.rate = changes.input_rate_bps
    for (const each of [log, streams?.stdout, streams?.stderr])
      if (each && changes.max_output_bytes !== undefined) each.limit = changes.max_output_bytes
  }
}

export function metrics({ client }: ToolCall): ToolResult {
  const all = [...client.ownSessions]
  const sum = (value: (session: (typeof all)[number]) => number) => all.reduce((n, s) => n + value(s), 0)
  return json({
    ...counts(client),
    running_count: all.filter(session => session.life.state === "running").length,
    bytes_read_total: sum(session => session.log.end),
    bytes_written_total: sum(session => session.input.accepted),
    rate_dropped_total: sum(session => session.allowed.output.refused),
    input_dropped_total: sum(session => session.allowed.input.refused),
    truncated_sessions: all.filter(session => session.log.base > 0).length,
  })
}

export const health = ({ client }: ToolCall): ToolResult => json({ ok: true, ...counts(client) })

const counts = (client: McpClient) => ({
  uptime_sec: (Date.now() - client.startedAt) / 1000,
  session_count: client.ownSessions.size,
  max_sessions: client.settings.maxSessions,
})
