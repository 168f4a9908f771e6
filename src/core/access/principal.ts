// Who may do what: how wide an access is, and the lease, by which one client of a session holds the line.

import { PtylineError } from "../lib/errors.ts"

export const ACCESS = ["view", "control", "admin"] as const
export type Access = (typeof ACCESS)[number]

/** Does `has` include `needs`? Each level includes the one before. */
export const includesAccess = (has: Access, needs: Access): boolean =>
  ACCESS.indexOf(has) >= ACCESS.indexOf(needs)

/** Throws `denied` unless `has` includes `needs`. */
export function requireAccess(has: Access, needs: Access): void {
  if (!includesAccess(has, needs))
    throw new PtylineError("denied", `this needs ${needs} access, the caller has ${has}`, { has, needs })
}

/**
 * Who asks. `session`: the only one it may look at, for a share. `grant`: what its secret was given as; null for the server's owner.
 * `person`: it came the way people come, by the page's cookie or the owner's own socket. `gone` aborts when its grant is revoked.
 */
export type Principal = {
  name: string
  access: Access
  session: string | null
  grant: string | null
  person: boolean
  gone: AbortSignal | null
}

/** The one whose server it is. */
export const owner = (person: boolean): Principal => ({
  name: "owner",
  access: "admin",
  session: null,
  grant: null,
  person,
  gone: null,
})

/** `ttlMs`: how long it holds without doing anything while it has no connection that would tell that it is gone. */
export type LeaseOwner = { client: string; since: Date; reason: string | null; ttlMs: number }

/** What last happened to a lease. `client` has it since then, or gave it up; `from` is who had it before. */
export type LeaseChange = {
  event: "attach" | "detach" | "handoff" | "takeover"
  client: string
  from: string | null
  reason: string | null
  at: Date
}

export type TakeOptions = {
  /** Only if this client holds it, or with null only if nobody does; without it whoever holds it. */
  from?: string | null
  reason?: string
  ttlMs?: number
}

/** How long a client holds a lease that shows no sign of life, in ms: longer than a person or an agent thinks. */
export const LEASE_TTL_MS = 900_000

/**
 * The right to type into one session, alone: free, when everybody may, or held by one client. Clients are labels that programs
 * and people choose for themselves; what keeps strangers out is the access, not the lease. Of the sessions of one
 * workspace all that are held are held by the same client (contract pty-mcp, 3.3). Pure: presence.ts watches the time.
 */
export class Lease {
  readonly id: string
  #holder: LeaseOwner | null = null
  #last: LeaseChange | null = null
  #workspace: Set<Lease> = new Set([this])
  #listeners = new Set<(change: LeaseChange) => void>()

  /** `id` is the session's; `last` is what happened to it in an earlier life. */
  constructor(id: string, last: LeaseChange | null = null) {
    this.id = id
    this.#last = last
  }

  get holder(): LeaseOwner | null {
    return this.#holder
  }

  get last(): LeaseChange | null {
    return this.#last
  }

  /** Leases that are held together with this one, itself included. */
  get workspace(): ReadonlySet<Lease> {
    return this.#workspace
  }

  /** From now on one of `workspace`, which the caller keeps. */
  join(workspace: Set<Lease>): void {
    workspace.add(this)
    this.#workspace = workspace
  }

  /** Calls `heard` at every change until the returned function is called. */
  listen(heard: (change: LeaseChange) => void): () => void {
    this.#listeners.add(heard)
    return () => void this.#listeners.delete(heard)
  }

  /** May this client type now? One without a name may as long as nobody holds the lease. */
  permits(client?: string): boolean {
    return this.#holder === null || this.#holder.client === client
  }

  /** Throws `held` unless the client may type now. */
  demand(client?: string): void {
    if (!this.permits(client)) throw heldBy(this.#holder!)
  }

  /** Gives the lease, and those of the workspace that are held, to `client`. Answers the ids that moved to it. Throws `held`. */
  take(client: string, { from, reason, ttlMs = LEASE_TTL_MS }: TakeOptions = {}): string[] {
    if (!this.#holder && typeof from === "string") throw notHeld(from)
    const holder = this.#holder ?? this.#neighbour()
    if (holder && holder.client !== client && from !== undefined && from !== holder.client)
      throw heldBy(holder)
    const moved = this.#members().filter(lease => lease.#moveTo(client, "takeover", reason, ttlMs))
    if (!this.#holder) this.#set(client, "attach", null, reason, ttlMs)
    else if (moved.length === 0) this.#holder.ttlMs = ttlMs
    return moved.map(lease => lease.id)
  }

  /** Lets go; nothing to do when nobody holds it. Throws `held` when another client does. */
  release(client: string, reason?: string): void {
    this.demand(client)
    if (!this.#holder) return
    this.#holder = null
    this.#note({ event: "detach", client, from: client, reason })
  }

  /** From its holder to another client, with all of the workspace that is held. Throws `held`, or `conflict` when nobody holds it. */
  handoff(client: string, to: string, reason?: string): string[] {
    this.demand(client)
    if (!this.#holder) throw notHeld(client)
    const moved = this.#members().filter(lease => lease.#moveTo(to, "handoff", reason, LEASE_TTL_MS))
    return moved.map(lease => lease.id)
  }

  /** The session has ended: nobody holds it any more. What last happened stays known. */
  end(): void {
    this.#holder = null
    this.#workspace.delete(this)
    this.#workspace = new Set([this])
    this.#listeners.clear()
  }

  #members(): Lease[] {
    return [...this.#workspace]
  }

  /** Who holds another session of the workspace. */
  #neighbour(): LeaseOwner | null {
    for (const lease of this.#workspace) if (lease.#holder) return lease.#holder
    return null
  }

  #moveTo(client: string, event: "handoff" | "takeover", reason: string | undefined, ttlMs: number): boolean {
    if (!this.#holder || this.#holder.client === client) return false
    this.#set(client, event, this.#holder.client, reason, ttlMs)
    return true
  }

  #set(
    client: string,
    event: LeaseChange["event"],
    from: string | null,
    reason: string | undefined,
    ttlMs: number,
  ): void {
    this.#holder = { client, since: new Date(), reason: reason ?? null, ttlMs }
    this.#note({ event, client, from, reason })
  }

  #note(change: { event: LeaseChange["event"]; client: string; from: string | null; reason?: string }): void {
    this.#last = { ...change, reason: change.reason ?? null, at: new Date() }
    for (const heard of [...this.#listeners]) heard(this.#last)
  }
}

const heldBy = ({ client, since, reason }: LeaseOwner): PtylineError =>
  new PtylineError("held", `session is held by ${client}`, {
    held_by: client,
    since: since.toISOString(),
    reason,
  })

const notHeld = (by: string): PtylineError =>
  new PtylineError("conflict", `nobody holds this session, and so not ${by}`)
