// What the server's owner gave away: named tokens, and shares of one session. Kept as hashes; revoking one ends what it opened.

import { createHash, randomBytes } from "node:crypto"
import { PtylineError } from "../lib/errors.ts"
import { LONGEST_MS } from "../lib/timers.ts"
import type { Fact, Records } from "../session/records.ts"
import { type Access, type Principal, requireAccess } from "./principal.ts"

/** `session`: the only one it lets to, for a share. `issuer`: the grant that gave it, which it does not outlive. */
export type Grant = {
  id: string
  kind: "token" | "share"
  name: string | null
  access: Access
  session: string | null
  createdAt: Date
  expiresAt: Date | null
  issuer: string | null
}
export type GrantRequest = Pick<Grant, "kind" | "name" | "access" | "session"> & { expiresInMs?: number }

type StoredGrant = {
  grant: Grant
  hash: string
  gone: AbortController
  timer?: ReturnType<typeof setTimeout>
}

const SPACE = "grants"
const PREFIX = { token: "pt_", share: "ps_" }
/** Could this text be a secret of ours, whether it is still good or not? */
export const isGrantSecret = (text: string): boolean =>
  text.startsWith(PREFIX.token) || text.startsWith(PREFIX.share)

/** More would be a mistake of a program that makes one per request. */
const MOST = 10_000

export class Grants {
  #records: Records
  #kept = new Map<string, StoredGrant>()
  #byHash = new Map<string, StoredGrant>()

  /** Takes up what an earlier server gave and is still good; `records` keeps it. */
  constructor(records: Records) {
    this.#records = records
    for (const [id, fact] of records.list(SPACE)) this.#take(id, fact as Stored)
  }

  /** The secret is told here and never again. Throws `denied` for more than the issuer may itself, `conflict`, `limit_reached`. */
  issue(wish: GrantRequest, issuer: Principal): { grant: Grant; secret: string } {
    const { expiresInMs, ...facts } = wish
    requireAccess(issuer.access, wish.access)
    if (this.#kept.size >= MOST) throw new PtylineError("limit_reached", `${MOST} grants are given already`)
    if (wish.kind === "token" && this.list("token").some(({ name }) => name === wish.name))
      throw new PtylineError("conflict", `a token named ${JSON.stringify(wish.name)} exists`)
    const secret = PREFIX[wish.kind] + randomBytes(32).toString("base64url")
    const id = `g_${randomBytes(9).toString("base64url")}`
    const expiresAt = this.#expiry(expiresInMs, issuer)
    const grant: Grant = { id, ...facts, createdAt: new Date(), expiresAt, issuer: issuer.grant }
    this.#keep(grant, hashOf(secret))
    this.#records.put(SPACE, id, storedOf(grant, hashOf(secret)))
    return { grant, secret }
  }

  /** Who a secret stands for; null for one that nobody gave, or that is over. */
  principal(secret: string): Principal | null {
    const kept = this.#byHash.get(hashOf(secret))
    return kept ? this.holder(kept.grant.id) : null
  }

  /** Who holds a grant; null when it is over. */
  holder(id: string): Principal | null {
    const kept = this.#kept.get(id)
    if (!kept || isOver(kept.grant)) return null
    const { kind, name, access, session } = kept.grant
    const called = name ?? (kind === "share" ? `share ${id.slice(2, 8)}` : id)
    return { name: called, access, session, grant: id, person: false, gone: kept.gone.signal }
  }

  /** Oldest first; with `session` those of one session. */
  list(kind: Grant["kind"], session?: string): Grant[] {
    const all = [...this.#kept.values()].map(kept => kept.grant)
    return all.filter(grant => grant.kind === kind && (session ?? grant.session) === grant.session)
  }

  /** Ends it, what it opened, and what it gave. Throws `not_found`. */
  revoke(id: string): Grant {
    const kept = this.#kept.get(id)
    if (!kept) throw new PtylineError("not_found", `no grant ${JSON.stringify(id.slice(0, 80))}`)
    this.#drop(kept)
    for (const { grant } of [...this.#kept.values()])
      if (grant.issuer === id && this.#kept.has(grant.id)) this.revoke(grant.id)
    return kept.grant
  }

  /** The session is gone, and every share of it. */
  forget(session: string): void {
    for (const kept of [...this.#kept.values()]) if (kept.grant.session === session) this.#drop(kept)
  }

  #expiry(ms: number | undefined, { grant }: Principal): Date | null {
    const own = ms === undefined ? Number.POSITIVE_INFINITY : Date.now() + ms
    const limit = (grant && this.#kept.get(grant)?.grant.expiresAt?.getTime()) ?? Number.POSITIVE_INFINITY
    const at = Math.min(own, limit || Number.POSITIVE_INFINITY)
    return Number.isFinite(at) ? new Date(at) : null
  }

  #take(id: string, { hash, createdAt, expiresAt, ...facts }: Stored): void {
    const expires = expiresAt === null ? null : new Date(expiresAt)
    const grant: Grant = { id, ...facts, createdAt: new Date(createdAt), expiresAt: expires }
    if (isOver(grant)) this.#records.remove(SPACE, id)
    else this.#keep(grant, hash)
  }

  #keep(grant: Grant, hash: string): void {
    const kept: StoredGrant = { grant, hash, gone: new AbortController() }
    this.#kept.set(grant.id, kept)
    this.#byHash.set(hash, kept)
    this.#await(kept)
  }

  /** A timer cannot wait for months, so it is set again. */
  #await(kept: StoredGrant): void {
    if (!kept.grant.expiresAt) return
    const left = kept.grant.expiresAt.getTime() - Date.now()
    const due = () => (isOver(kept.grant) ? this.revoke(kept.grant.id) : this.#await(kept))
    kept.timer = setTimeout(due, Math.max(1, Math.min(left, LONGEST_MS)))
    kept.timer.unref?.()
  }

  #drop(kept: StoredGrant): void {
    clearTimeout(kept.timer)
    this.#kept.delete(kept.grant.id)
    this.#byHash.delete(kept.hash)
    this.#records.remove(SPACE, kept.grant.id)
    kept.gone.abort()
  }
}

const isOver = ({ expiresAt }: Grant): boolean => expiresAt !== null && expiresAt.getTime() <= Date.now()

/** The secrets are random and long, so that a plain hash cannot be undone by guessing. */
const hashOf = (secret: string): string => createHash("sha256").update(secret).digest("base64url")

type Stored = Omit<Grant, "id" | "createdAt" | "expiresAt"> & {
  hash: string
  createdAt: string
  expiresAt: string | null
}

function storedOf({ id: _, createdAt, expiresAt, ...facts }: Grant, hash: string): Fact {
  return {
    ...facts,
    hash,
    createdAt: createdAt.toISOString(),
    expiresAt: expiresAt?.toISOString() ?? null,
  }
}
