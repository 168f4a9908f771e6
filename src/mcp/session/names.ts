// Session lookup by the name that an owner gave.

import type { Session } from "../../core/session/session.ts"
import type { McpClient } from "./client.ts"
import { mcpSessionOf } from "./session.ts"

/** Returns the sessions that an owner may see. */
export const visibleSessions = ({ settings, sessions }: McpClient, owner: string | undefined): Session[] =>
  sessions
    .list()
    .filter(session => (!settings.requireOwner && owner === undefined) || session.owner === (owner ?? null))

export const sessionsNamed = (client: McpClient, name: string, owner: string | undefined): Session[] =>
  visibleSessions(client, owner).filter(session => mcpSessionOf(session).record.name === name)

export const runningNamed = (client: McpClient, name: string, owner: string | undefined): Session[] =>
  sessionsNamed(client, name, owner).filter(session => session.life.state === "running")

/** The name in the core, where all owners share one set of names, when another owner already has `name`. */
export const nameWithOwner = (name: string, owner: string | undefined): string => `${name} (${owner})`
