// Principals: who makes a request, and what access they have.

import { PtylineError } from "../lib/errors.ts"

export const ACCESS = ["view", "control", "admin"] as const
export type Access = (typeof ACCESS)[number]

/** Whether `has` includes `needs`. Each level includes the levels before it. */
export const includesAccess = (has: Access, needs: Access): boolean =>
  ACCESS.indexOf(has) >= ACCESS.indexOf(needs)

/** Throws `denied` unless `has` includes `needs`. */
export function requireAccess(has: Access, needs: Access): void {
  if (!includesAccess(has, needs))
    throw new PtylineError("denied", `this needs ${needs} access, the caller has ${has}`, { has, needs })
}

/**
 * `session`: a share's only session. `grant`: the grant of its secret; null for the server's owner. `person`:
 * it came through the page's cookie or the owner's socket. `gone` aborts when the grant is revoked.
 */
export type Principal = {
  name: string
  access: Access
  session: string | null
  grant: string | null
  person: boolean
  gone: AbortSignal | null
}

export const owner = (person: boolean): Principal => ({
  name: "owner",
  access: "admin",
  session: null,
  grant: null,
  person,
  gone: null,
})
