// Workspaces: the owned leases of one owner's sessions in a workspace have the same owner client.

import type { Lease } from "../access/lease.ts"
import type { Session } from "../session/session.ts"

export class Workspaces {
  #leases = new Map<string, Set<Lease>>()

  /** Joins the session's lease to its workspace. Does nothing for a session without one. */
  join({ lease, owner, workspace }: Session): void {
    if (workspace === null) return
    const key = workspaceKey(owner, workspace)
    for (const [other, { size }] of this.#leases) if (size === 0) this.#leases.delete(other)
    const leases = this.#leases.get(key) ?? new Set()
    this.#leases.set(key, leases)
    lease.join(leases)
  }
}

/** Returns the key of a workspace: each owner has workspaces of its own. */
export const workspaceKey = (owner: string | null | undefined, workspace: string): string =>
  JSON.stringify([owner ?? null, workspace])
