// Sessions by the name their owner gave them, and the list of an owner's sessions.

import type { Session } from "../../core/session/session.ts"
import { ToolError } from "../tools/failure.ts"
import { json, type ToolCall, type ToolResult } from "../tools/tool.ts"
import type { McpClient } from "./client.ts"
import { mcpSessionOf } from "./session.ts"
import { listEntry, status } from "./status.ts"

/** Does an owner see this session? */
const visible = (desk: McpClient, session: Session, owner: string | undefined): boolean =>
  (!desk.settings.requireOwner && owner === undefined) || session.owner === (owner ?? null)

function named(desk: McpClient, name: string, owner: string | undefined): Session[] {
  const mine = desk.sessions.list().filter(session => visible(desk, session, owner))
  return mine.filter(session => mcpSessionOf(session).facts.name === name)
}

/** What a session is called in the core, where names are everybody's, when another owner has its name. */
export const longerName = (name: string, owner: string | undefined): string => `${name} (${owner})`

export const liveNamed = (desk: McpClient, name: string, owner: string | undefined): Session[] =>
  named(desk, name, owner).filter(session => session.life.state === "running")

export function resume({ desk, args, owner }: ToolCall): ToolResult {
  const name = args.required("name")
  if (desk.settings.requireOwner && !owner?.trim()) throw new ToolError("owner is required for pty_resume")
  const all = named(desk, name, owner)
  const live = all.filter(session => session.life.state === "running")
  const [found, ...others] = live.length > 0 ? live : all
  if (!found) throw new ToolError("unknown session name", name)
  if (others.length > 0) throw new ToolError("ambiguous session name", name)
  mcpSessionOf(found).use()
  return json(status(found))
}

export function list({ desk, args, owner }: ToolCall): ToolResult {
  if (desk.settings.requireOwner && !owner?.trim()) throw new ToolError("owner is required for pty_list")
  const tag = args.text("tag")
  const sessions = desk.sessions
    .list()
    .filter(session => visible(desk, session, owner))
    .filter(session => tag === undefined || session.tags.includes(tag))
    .sort((a, b) => mcpSessionOf(a).activity() - mcpSessionOf(b).activity())
    .map(listEntry)
  return { text: JSON.stringify(sessions), structured: { sessions } }
}
