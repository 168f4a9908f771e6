// A session on a server that may be another than the page's: a token, where there is one, buys a ticket for each connection, as a socket
// brings no header and another origin's cookie does not come along.

import type { Mode } from "../../src/wire/attach.ts"
import { foundIn } from "../connection/probe.ts"
import { attachUrl, type Route } from "../connection/route.ts"

/** Where the terminal is. `base` ends with a slash. */
export type RemoteSession = { base: string; session: string; token: string | null; mode: Mode }

export const remoteRoute = ({ base, session, token, mode }: RemoteSession): Route => ({
  address: from => {
    if (!token) return attachUrl(base, session, from, { mode })
    return ticketFor({ base, session, token, mode }).then(ticket =>
      attachUrl(base, session, from, { mode, ticket }),
    )
  },
  probe: async () => {
    const ask = fetch(`${base}v1/sessions/${encodeURIComponent(session)}`, { headers: headersFor(token) })
    return foundIn(
      await ask.then(
        ({ status }) => status,
        () => 0,
      ),
    )
  },
})

export const headersFor = (token: string | null): Record<string, string> =>
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
