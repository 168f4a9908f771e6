// Grants: named tokens, and shares of one session. Stored as hashes. Revoking a grant closes what it opened.

import { createHash, randomBytes } from "node:crypto"
import { PtylineError } from "../lib/errors.ts"
import { LONGEST_MS } from "../lib/timers.ts"
import type { Fact, Records } from "../session/records.ts"
import { type Access, type Principal, requireAccess } from "./principal.ts"

/** `session`: a share's session. `issuer`: the grant that issued this one; its end ends this one, too. */
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
/** Whether the text has the form of a grant's secret, valid or not. */
export const isGrantSecret = (text: string): boolean =>
  text.startsWith(PREFIX.token) || text.startsWith(PREFIX.share)

/** Limit of grants. More means that a program makes one per request by mistake. */
const MAX_GRANTS = 10_000

export class Grants {
  #records: Records
  #grants = new Map<string, StoredGrant>()
  #byHash = new Map<string, StoredGrant>()

  /** Loads the grants in `records` that have not expired. Stores new ones there. */
  constructor(records: Records) {
    this.#records = records
    for (const [id, fact] of records.list(SPACE)) this.#load(id, fact as StoredFacts)
  }

  /** Does not store the secret. Throws `denied` above the issuer's access, `conflict`, `limit_reached`. */
  issue(request: GrantRequest, issuer: Principal): { grant: Grant; secret: string } {
    const { expiresInMs, ...facts } = request
    requireAccess(issuer.access, request.access)
    if (this.#grants.size >= MAX_GRANTS)
      throw new PtylineError("limit_reached", `too many grants: at most ${MAX_GRANTS}`)
    if (request.kind === "token" && this.list("token").some(({ name }) => name === request.name))
      throw new PtylineError("conflict", `a token named ${JSON.stringify(request.name)} exists`)
    const secret = PREFIX[request.kind] + randomBytes(32).toString("base64url")
    const id = `g_${randomBytes(9).toString("base64url")}`
    const expiresAt = this.#expiry(expiresInMs, issuer)
    const grant: Grant = { id, ...facts, createdAt: new Date(), expiresAt, issuer: issuer.grant }
    this.#add(grant, hashOf(secret))
    this.#records.put(SPACE, id, storedOf(grant, hashOf(secret)))
    return { grant, secret }
  }

  /** Returns the principal of a secret; null for an unknown or expired one. */
  principal(secret: string): Principal | null {
    const entry = this.#byHash.get(hashOf(secret))
    return entry ? this.principalOf(entry.grant.id) : null
  }

  /** Returns the principal of a grant; null for an unknown or expired one. */
  principalOf(id: string): Principal | null {
    const entry = this.#grants.get(id)
    if (!entry || isExpired(entry.grant)) return null
    const { kind, name, access, session } = entry.grant
    const shown = name ?? (kind === "share" ? `share ${id.slice(2, 8)}` : id)
    return { name: shown, access, session, grant: id, person: false, gone: entry.gone.signal }
  }

  /** Returns the grants of a kind, or of a kind and session, oldest first. */
  list(kind: Grant["kind"], session?: string): Grant[] {
    const all = [...this.#grants.values()].map(({ grant }) => grant)
    return all.filter(grant => grant.kind === kind && (session ?? grant.session) === grant.session)
  }

  /** Ends a grant, the grants it issued, and all their connections. Throws `not_found`. */
  revoke(id: string): Grant {
    const entry = this.#grants.get(id)
    if (!entry) throw new PtylineError("not_found", `no grant ${JSON.stringify(id.slice(0, 80))}`)
    this.#drop(entry)
    for (const { grant } of [...this.#grants.values()])
      if (grant.issuer === id && this.#grants.has(grant.id)) this.revoke(grant.id)
    return entry.grant
  }

  /** Drops the shares of a removed session. */
  forget(session: string): void {
    for (const entry of [...this.#grants.values()]) if (entry.grant.session === session) this.#drop(entry)
  }

  #expiry(ms: number | undefined, { grant }: Principal): Date | null {
    const own = ms === undefined ? Number.POSITIVE_INFINITY : Date.now() + ms
    const limit = (grant && this.#grants.get(grant)?.grant.expiresAt?.getTime()) ?? Number.POSITIVE_INFINITY
    const at = Math.min(own, limit || Number.POSITIVE_INFINITY)
    return Number.isFinite(at) ? new Date(at) : null
  }

  #load(id: string, { hash, createdAt, expiresAt, ...facts }: StoredFacts): void {
    const expires = expiresAt === null ? null : new Date(expiresAt)
    const grant: Grant = { id, ...facts, createdAt: new Date(createdAt), expiresAt: expires }
    if (isExpired(grant)) this.#records.remove(SPACE, id)
    else this.#add(grant, hash)
  }

  #add(grant: Grant, hash: string): void {
    const entry: StoredGrant = { grant, hash, gone: new AbortController() }
    this.#grants.set(grant.id, entry)
    this.#byHash.set(hash, entry)
    this.#await(entry)
  }

  /** Revokes the grant when it expires. Timers cannot wait for months, so the timer is set again. */
  #await(entry: StoredGrant): void {
    if (!entry.grant.expiresAt) return
    const left = entry.grant.expiresAt.getTime() - Date.now()
    const due = () => (isExpired(entry.grant) ? this.revoke(entry.grant.id) : this.#await(entry))
    entry.timer = setTimeout(due, Math.max(1, Math.min(left, LONGEST_MS)))
    entry.timer.unref?.()
  }

  #drop(entry: StoredGrant): void {
    clearTimeout(entry.timer)
    this.#grants.delete(entry.grant.id)
    this.#byHash.delete(entry.hash)
    this.#records.remove(SPACE, entry.grant.id)
    entry.gone.abort()
  }
}

const isExpired = ({ expiresAt }: Grant): boolean => expiresAt !== null && expiresAt.getTime() <= Date.now()

/** Secrets are long and random, so a plain hash cannot be reversed by guessing. */
const hashOf = (secret: string): string => createHash("sha256").update(secret).digest("base64url")

type StoredFacts = Omit<Grant, "id" | "createdAt" | "expiresAt"> & {
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
