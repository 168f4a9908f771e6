// Sessions as resources: the list, each one's status, and what it printed.

import { ResourceNotFoundError } from "@modelcontextprotocol/server"
import { textOf } from "../../core/log/text.ts"
import type { Session } from "../../core/session/session.ts"
import type { McpClient } from "../session/client.ts"
import { listEntry, status } from "../session/status.ts"

const SESSIONS = "pty://sessions"
const JSON_TYPE = "application/json"
/** Most of a transcript that is given, in bytes: its end. */
const TRANSCRIPT = 1 << 20

export const TEMPLATES = [
  {
    uriTemplate: `${SESSIONS}/{session_id}`,
    name: "session",
    description: "A session's status.",
    mimeType: JSON_TYPE,
  },
  {
    uriTemplate: `${SESSIONS}/{session_id}/transcript`,
    name: "transcript",
    description: "What a session printed, as far as it is kept.",
    mimeType: "text/plain",
  },
]

/** The two resources of a session, for whoever tells that it changed. */
export const urisOf = ({ id }: Session): string[] => [`${SESSIONS}/${id}`, `${SESSIONS}/${id}/transcript`]

/** The resources of the sessions that were started at this desk. */
export function resourcesOf(desk: McpClient) {
  const list = {
    uri: SESSIONS,
    name: "sessions",
    description: "The sessions started here.",
    mimeType: JSON_TYPE,
  }
  return [list, ...[...desk.own].flatMap(described)]
}

function described(session: Session) {
  const name = session.name ?? session.id
  const [uri, transcript] = urisOf(session) as [string, string]
  return [
    { uri, name, description: "status", mimeType: JSON_TYPE },
    { uri: transcript, name: `${name} transcript`, mimeType: "text/plain" },
  ]
}

/** Throws the protocol's error for what is no resource. */
export function readResource(desk: McpClient, uri: string) {
  if (uri === SESSIONS) return contents(uri, JSON_TYPE, JSON.stringify([...desk.own].map(listEntry)))
  const [, id, part] = /^pty:\/\/sessions\/([^/]+)(\/transcript)?$/.exec(uri) ?? []
  if (id === undefined || !desk.sessions.has(id)) throw new ResourceNotFoundError(uri)
  const session = desk.sessions.get(id)
  if (part === undefined) return contents(uri, JSON_TYPE, JSON.stringify(status(session)))
  return contents(uri, "text/plain", transcriptOf(session))
}

function transcriptOf({ log, life }: Session): string {
  if (log.end === log.base) return ""
  return textOf(log, Math.max(log.base, log.end - TRANSCRIPT), TRANSCRIPT, life.closed).text
}

const contents = (uri: string, mimeType: string, text: string) => ({ contents: [{ uri, mimeType, text }] })
