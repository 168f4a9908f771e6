// Sessions as MCP resources: the list, and the status and transcript of each session.

import { ResourceNotFoundError } from "@modelcontextprotocol/server"
import { textOf } from "../../core/log/text.ts"
import type { Session } from "../../core/session/session.ts"
import type { McpClient } from "../session/client.ts"
import { listEntry, status } from "../session/status.ts"
import { SESSIONS_URI, urisOf } from "../session/updates.ts"

const JSON_TYPE = "application/json"
/** Longest transcript, in bytes. The end of a longer one is returned. */
const MAX_TRANSCRIPT = 1 << 20

export const TEMPLATES = [
  {
    uriTemplate: `${SESSIONS_URI}/{session_id}`,
    name: "session",
    description: "A session's status.",
    mimeType: JSON_TYPE,
  },
  {
    uriTemplate: `${SESSIONS_URI}/{session_id}/transcript`,
    name: "transcript",
    description: "A session's retained output.",
    mimeType: "text/plain",
  },
]

/** Returns the resources of the client's own sessions. */
export function resourcesOf(client: McpClient) {
  const list = {
    uri: SESSIONS_URI,
    name: "sessions",
    description: "The sessions of this client.",
    mimeType: JSON_TYPE,
  }
  return [list, ...[...client.ownSessions].flatMap(sessionResources)]
}

function sessionResources(session: Session) {
  const name = session.name ?? session.id
  const [uri, transcript] = urisOf(session)
  return [
    { uri, name, description: "status", mimeType: JSON_TYPE },
    { uri: transcript, name: `${name} transcript`, mimeType: "text/plain" },
  ]
}

/** Throws the protocol's error for an unknown resource. */
export function readResource({ sessions, ownSessions }: McpClient, uri: string) {
  if (uri === SESSIONS_URI) return contents(uri, JSON_TYPE, JSON.stringify([...ownSessions].map(listEntry)))
  const [, id, part] = /^pty:\/\/sessions\/([^/]+)(\/transcript)?$/.exec(uri) ?? []
  if (id === undefined || !sessions.has(id)) throw new ResourceNotFoundError(uri)
  const session = sessions.get(id)
  if (part === undefined) return contents(uri, JSON_TYPE, JSON.stringify(status(session)))
  return contents(uri, "text/plain", transcriptOf(session))
}

function transcriptOf({ log, life }: Session): string {
  if (log.end === log.base) return ""
  return textOf(log, Math.max(log.base, log.end - MAX_TRANSCRIPT), MAX_TRANSCRIPT, life.closed).text
}

const contents = (uri: string, mimeType: string, text: string) => ({ contents: [{ uri, mimeType, text }] })
