// pty_resume and pty_list: finding an owner's sessions.

import { sessionsNamed, visibleSessions } from "../session/names.ts"
import { mcpSessionOf } from "../session/session.ts"
import { listEntry, status } from "../session/status.ts"
import { ToolError } from "../tools/failure.ts"
import { json, type ToolCall, type ToolResult } from "../tools/tool.ts"

export function resume({ client, args, owner }: ToolCall): ToolResult {
  const name = args.required("name")
  if (client.settings.requireOwner && !owner?.trim()) throw new ToolError("owner is required for pty_resume")
  const all = sessionsNamed(client, name, owner)
  const running = all.filter(session => session.life.state === "running")
  const [found, ...others] = running.length > 0 ? running : all
  if (!found) throw new ToolError("unknown session name", name)
  if (others.length > 0) throw new ToolError("ambiguous session name", name)
  mcpSessionOf(found).touch()
  return json(status(found))
}

export function list({ client, args, owner }: ToolCall): ToolResult {
  if (client.settings.requireOwner && !owner?.trim()) throw new ToolError("owner is required for pty_list")
  const tag = args.text("tag")
  const sessions = visibleSessions(client, owner)
    .filter(session => tag === undefined || session.tags.includes(tag))
    .sort((a, b) => mcpSessionOf(a).lastActivity() - mcpSessionOf(b).lastActivity())
    .map(listEntry)
  return { text: JSON.stringify(sessions), structured: { sessions } }
}
