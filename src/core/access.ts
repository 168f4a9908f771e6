// Who may do what. A capability is as wide as its access: each level includes the one before.

import { PtylineError } from "./errors.ts"

export const ACCESS = ["view", "control", "admin"] as const
export type Access = (typeof ACCESS)[number]

/** Throws `denied` unless `has` includes `needs`. */
export function requireAccess(has: Access, needs: Access): void {
  if (ACCESS.indexOf(has) < ACCESS.indexOf(needs))
    throw new PtylineError("denied", `this needs ${needs} access, the caller has ${has}`, { has, needs })
}
