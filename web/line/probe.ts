// Why a socket could not be opened. A browser does not tell a page, so an ordinary request is asked.

import { ApiError, api } from "../api/api.ts"

export type Probe = (id: string) => Promise<"fine" | "unreachable" | "gone" | "signed-out">

/** Asks for the session over HTTP. */
export const probe: Probe = async id => {
  const failed = (error: unknown) => (error instanceof ApiError ? error.status : 0)
  const status = await api.get(id).then(() => 200, failed)
  if (status === 401) return "signed-out"
  if (status === 404) return "gone"
  return status === 0 ? "unreachable" : "fine"
}
