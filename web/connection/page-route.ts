// The page's own way to a session of its server.

import { ApiError, api } from "../api/api.ts"
import { share } from "../api/share.ts"
import { myName } from "./client-name.ts"
import { foundIn } from "./probe.ts"
import { attachUrl, type Route } from "./route.ts"

/** Its cookie lets it in, or a share's ticket. */
export const pageRoute = (id: string): Route => ({
  address: from => {
    const url = (query: Record<string, string>) =>
      attachUrl(`${location.origin}/`, id, from, { client: myName(), ...query })
    // without a mode it is as much as the one who signed in may
    if (!share) return url({})
    const { mode } = share
    // a share has no cookie, and a socket has no headers
    return api.ticket(id, mode).then(({ ticket }) => url({ mode, ticket }))
  },
  probe: async () => {
    const failed = (error: unknown) => (error instanceof ApiError ? error.status : 0)
    return foundIn(await api.get(id).then(() => 200, failed))
  },
})
