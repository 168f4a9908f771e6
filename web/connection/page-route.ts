// The page's own route to a session of its server: by its cookie, or by a share's ticket.

import { ApiError, api } from "../api/api.ts"
import { share } from "../api/share.ts"
import { myName } from "./client-name.ts"
import { resultOf } from "./probe.ts"
import { attachUrl, type Route } from "./route.ts"

export const pageRoute = (id: string): Route => ({
  address: from => {
    const url = (query: Record<string, string>) =>
      attachUrl(`${location.origin}/`, id, from, { client: myName(), ...query })
    // without a mode, the server grants as much as the caller may do
    if (!share) return url({})
    const { mode } = share
    // a share has no cookie, and a browser's socket cannot send headers
    return api.ticket(id, mode).then(({ ticket }) => url({ mode, ticket }))
  },
  probe: async () => {
    const failed = (error: unknown) => (error instanceof ApiError ? error.status : 0)
    return resultOf(await api.get(id).then(() => 200, failed))
  },
})
