// The lease of a session: the exclusive right to type, and how it moves between clients.

import { PtylineError } from "../lib/errors.ts"

/** `ttlMs`: how long a client without a connection keeps the lease without using the session. */
export type LeaseOwner = { client: string; since: Date; reason: string | null; ttlMs: number }

/** The last event of a lease. `client` got or released the lease; `from` is the owner before. */
export type LeaseChange = {
  event: "attach" | "detach" | "handoff" | "takeover"
  client: string
  from: string | null
  reason: string | null
  at: Date
}

type TakeOptions = {
  /** Take the lease only from this client; with null, only a free lease. Without it, from any owner. */
  from?: string | null
  reason?: string
  ttlMs?: number
}

/** Default of `LeaseOwner.ttlMs`, in ms: longer than a person or an agent thinks. */
const LEASE_TTL_MS = 900_000

/**
 * The exclusive right to type into one session. A free lease lets every client type; an owned lease lets only
 * its owner type. Clients choose their names themselves: access levels keep strangers out, leases do not. All
 * owned leases of one workspace have the same owner (contract pty-mcp, 3.3). The lease has no timers; see
 * `presence.ts`.
 */
export class Lease {
  readonly id: string
  #owner: LeaseOwner | null = null
  #last: LeaseChange | null = null
  #workspace: Set<Lease> = new Set([this])
  #listeners = new Set<(change: LeaseChange) => void>()

  /** `id` is the session's id; `last` is the last event of an earlier life. */
  constructor(id: string, last: LeaseChange | null = null) {
    this.id = id
    this.#last = last
  }

  get owner(): LeaseOwner | null {
    return this.#owner
  }

  get last(): LeaseChange | null {
    return this.#last
  }

  /** The leases that move together with this one, itself included. */
  get workspace(): ReadonlySet<Lease> {
    return this.#workspace
  }

  /** Joins a workspace. The caller owns the set. */
  join(workspace: Set<Lease>): void {
    workspace.add(this)
    this.#workspace = workspace
  }

  /** Calls `listener` on every change until the returned function is called. */
  listen(listener: (change: LeaseChange) => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  /** Whether this client may type now. A client without a name may type while the lease is free. */
  permits(client?: string): boolean {
    return this.#owner === null || this.#owner.client === client
  }

  /** Throws `held` unless the client may type now. */
  demand(client?: string): void {
    if (!this.permits(client)) throw ownedBy(this.#owner!)
  }

  /** Gives `client` this lease and the owned ones of its workspace. Returns the moved ids. Throws `held`. */
  take(client: string, { from, reason, ttlMs = LEASE_TTL_MS }: TakeOptions = {}): string[] {
    if (!this.#owner && typeof from === "string") throw notOwnedBy(from)
    const owner = this.#owner ?? this.#workspaceOwner
    if (owner && owner.client !== client && from !== undefined && from !== owner.client) throw ownedBy(owner)
    const moved = this.#moveAll(client, "takeover", reason, ttlMs)
    if (!this.#owner) this.#set(client, "attach", null, reason, ttlMs)
    else if (moved.length === 0) this.#owner.ttlMs = ttlMs
    return moved
  }

  /** Frees the lease; does nothing to a free one. Throws `held` when another client owns it. */
  release(client: string, reason?: string): void {
    this.demand(client)
    if (!this.#owner) return
    this.#owner = null
    this.#note({ event: "detach", client, from: client, reason })
  }

  /** Moves the workspace's owned leases from `client` to `to`. Throws `held`; `conflict` for a free lease. */
  handoff(client: string, to: string, reason?: string): string[] {
    this.demand(client)
    if (!this.#owner) throw notOwnedBy(client)
    return this.#moveAll(to, "handoff", reason, LEASE_TTL_MS)
  }

  /** Frees the lease of a session that ended. `last` stays. */
  end(): void {
    this.#owner = null
    this.#workspace.delete(this)
    this.#workspace = new Set([this])
    this.#listeners.clear()
  }

  get #workspaceOwner(): LeaseOwner | null {
    for (const lease of this.#workspace) if (lease.#owner) return lease.#owner
    return null
  }

  #moveAll(to: string, event: "handoff" | "takeover", reason: string | undefined, ttlMs: number): string[] {
    const moved = [...this.#workspace].filter(({ owner }) => owner && owner.client !== to)
    for (const lease of moved) lease.#set(to, event, lease.#owner!.client, reason, ttlMs)
    return moved.map(lease => lease.id)
  }

  #set(
    client: string,
    event: LeaseChange["event"],
    from: string | null,
    reason: string | undefined,
    ttlMs: number,
  ): void {
    this.#owner = { client, since: new Date(), reason: reason ?? null, ttlMs }
    this.#note({ event, client, from, reason })
  }

  #note(change: { event: LeaseChange["event"]; client: string; from: string | null; reason?: string }): void {
    this.#last = { ...change, reason: change.reason ?? null, at: new Date() }
    for (const listener of [...this.#listeners]) listener(this.#last)
  }
}

const ownedBy = ({ client, since, reason }: LeaseOwner): PtylineError =>
  new PtylineError("held", `session is held by ${client}`, {
    held_by: client,
    since: since.toISOString(),
    reason,
  })

const notOwnedBy = (client: string): PtylineError =>
  new PtylineError("conflict", `the lease of this session is free; ${JSON.stringify(client)} does not own it`)
