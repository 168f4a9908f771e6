// Sessions of one owner and workspace belong together: one client holds all of their leases that are held.

import type { Lease } from "../access/lease.ts"
import type { Session } from "../session/session.ts"

export class Workspaces {
  #leases = new Map<string, Set<Lease>>()

  /** Nothing to do for a session without a workspace. */
  join({ lease, owner, workspace }: Session): void {
    if (workspace === null) return
    const key = workspaceKey(owner, workspace)
    for (const [other, { size }] of this.#leases) if (size === 0) this.#leases.delete(other)
    const leases = this.#leases.get(key) ?? new Set()
    this.#leases.set(key, leases)
    lease.join(leases)
  }
}

/** What says that sessions belong together: a workspace is its owner's alone. */
export const workspaceKey = (owner: string | null | undefined, workspace: string): string =>
  JSON.stringify([owner ?? null, workspace])
