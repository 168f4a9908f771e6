// Route to a session on a server of any origin. A token is exchanged for a ticket per connection, because
// a WebSocket sends no headers and no cookie of another origin.

import type { Mode } from "../../src/wire/attach.ts"
import { probe } from "../connection/probe.ts"
import { attachUrl, type Route } from "../connection/route.ts"

/** The address of a session. `base` ends with a slash. */
export type RemoteSession = { base: string; session: string; token: string | null; mode: Mode }

export const remoteRoute = ({ base, session, token, mode }: RemoteSession): Route => ({
  address: from => {
    if (!token) return attachUrl(base, session, from, { mode })
    return ticketFor({ base, session, token, mode }).then(ticket =>
      attachUrl(base, session, from, { mode, ticket }),
    )
  },
  probe: () => probe(`${base}v1/sessions/${encodeURIComponent(session)}`, headersFor(token)),
})

const headersFor = (token: string | null): Record<string, string> =>
  token ? { authorization: `Bearer ${token}` } : {}

async function ticketFor({ base, session, token, mode }: RemoteSession): Promise<string> {
  const response = await fetch(`${base}v1/tickets`, {
    method: "POST",
    headers: { ...headersFor(token), "content-type": "application/json" },
    body: JSON.stringify({ session_id: session, mode }),
  })
  if (!response.ok) throw new Error(`no ticket: ${response.status}`)
  return ((await response.json()) as { ticket: string }).ticket
}
