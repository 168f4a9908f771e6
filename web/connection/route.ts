// Where a line's session is, and how it is reached from here.

import type { ProbeResult } from "./probe.ts"

export interface Route {
  /** The socket's address, from where the screen has got to; null at first. Rejects when there is none to be had now. */
  address(from: number | null): string | Promise<string>
  /** Why a socket could not be opened. A browser does not tell a page, so an ordinary request is asked. */
  probe(): Promise<ProbeResult>
}

/** Of a session on the server at `base`, which ends with a slash. */
export function attachUrl(
  base: string,
  id: string,
  from: number | null,
  query: Record<string, string>,
): string {
  const url = new URL(`v1/sessions/${encodeURIComponent(id)}/attach`, base)
  for (const [name, value] of Object.entries({ snapshot: "auto", ...query }))
    url.searchParams.set(name, value)
  if (from !== null) url.searchParams.set("from", String(from))
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:"
  return url.href
}
