// Authentication: the server's token, browser cookies, stream tickets, and a limit on wrong tokens.

import { createHash, createHmac, randomBytes, timingSafeEqual } from "node:crypto"
import type { RateLimiterMemory } from "rate-limiter-flexible"
import { type Grants, isGrantSecret } from "../../core/access/grants.ts"
import { owner, type Principal } from "../../core/access/principal.ts"
import { PtylineError } from "../../core/lib/errors.ts"

/** How long a browser stays signed in, in ms. */
const COOKIE_MS = 30 * 86_400_000
const TICKET_MS = 60_000
const MAX_TICKETS = 10_000
/** Wrong tokens per minute and address. A right token always works, so no client can lock out another. */
const WRONG_TOKENS = { points: 10, duration: 60 }

type Ticket = {
  sessionId: string
  mode: "view" | "control"
  expires: number
  principal: Principal
}

export class Auth {
  #tokenHash: Buffer | null
  #grants: Grants
  #cookieKey: Buffer
  #tickets = new Map<string, Ticket>()
  #limiter: Promise<RateLimiterMemory> | null = null

  /** `token` is the owner's, stored as a hash only; null admits every caller. */
  constructor(token: string | null, grants: Grants) {
    this.#grants = grants
    this.#tokenHash = token === null ? null : sha256(token)
    this.#cookieKey =
      token === null ? randomBytes(32) : createHmac("sha256", token).update("ptyline cookie").digest()
  }

  get open(): boolean {
    return this.#tokenHash === null
  }

  /** The caller by token or cookie; null without either. Throws `unauthorized` for a wrong token. */
  async principalOf(request: Request, cookieName: string, address: string): Promise<Principal | null> {
    const bearer = /^Bearer +(\S+)$/i.exec(request.headers.get("authorization") ?? "")?.[1]
    const given = bearer === undefined ? null : this.#grants.principal(bearer)
    if (given) return given
    if (bearer !== undefined && isGrantSecret(bearer)) return this.#reject(address)
    // no token tells callers apart, but a browser marks requests of the server's own page
    if (this.open) return owner(request.headers.get("sec-fetch-site") === "same-origin")
    if (bearer !== undefined) return this.#tokenMatches(bearer) ? owner(false) : this.#reject(address)
    for (const value of cookiesOf(request, cookieName)) {
      const principal = this.#cookiePrincipal(value)
      if (principal) return principal
    }
    return null
  }

  /**
   * Returns the cookie for a valid token. The cookie of a named token is valid as long as the token. A
   * share's secret is rejected: its cookie would replace one with more access. Throws `unauthorized`, or
   * `limit_reached` after too many wrong tokens.
   */
  async login(token: string, address: string): Promise<{ value: string; maxAgeS: number }> {
    const given = this.#grants.principal(token)
    const named = given && given.session === null ? given.grant : null
    if (!this.open && named === null && !this.#tokenMatches(token)) await this.#reject(address)
    const subject = `${Date.now() + COOKIE_MS}${named === null ? "" : `.${named}`}`
    return { value: `${subject}.${this.#signature(subject)}`, maxAgeS: COOKIE_MS / 1000 }
  }

  issueTicket(
    sessionId: string,
    mode: "view" | "control",
    principal: Principal = owner(false),
  ): { ticket: string; expires_at: string } {
    const now = Date.now()
    for (const [key, { expires }] of this.#tickets) if (expires <= now) this.#tickets.delete(key)
    if (this.#tickets.size >= MAX_TICKETS)
      throw new PtylineError("limit_reached", `${MAX_TICKETS} unused tickets exist; retry in a minute`)
    const ticket = randomBytes(24).toString("base64url")
    const expires = now + TICKET_MS
    this.#tickets.set(sha256(ticket).toString("hex"), { sessionId, mode, expires, principal })
    return { ticket, expires_at: new Date(expires).toISOString() }
  }

  /** Returns the ticket and invalidates it; null if it is unknown, used or expired. */
  redeemTicket(ticket: string): Ticket | null {
    const key = sha256(ticket).toString("hex")
    const found = this.#tickets.get(key)
    this.#tickets.delete(key)
    return found && found.expires > Date.now() && !found.principal.gone?.aborted ? found : null
  }

  async #reject(address: string): Promise<never> {
    const limiter = await this.#wrongTokens()
    try {
      await limiter.consume(address)
    } catch {
      throw new PtylineError("limit_reached", "too many wrong tokens from this address; wait a minute")
    }
    throw new PtylineError("unauthorized", "wrong token")
  }

  /** Loaded at the first wrong token, because loading is slow. */
  #wrongTokens(): Promise<RateLimiterMemory> {
    this.#limiter ??= import("rate-limiter-flexible").then(
      ({ RateLimiterMemory }) => new RateLimiterMemory(WRONG_TOKENS),
    )
    return this.#limiter
  }

  #tokenMatches(token: string): boolean {
    return this.#tokenHash !== null && timingSafeEqual(sha256(token), this.#tokenHash)
  }

  /** Reads `expires[.grant].signature`. The owner's cookie belongs to a person, who signed in on the page. */
  #cookiePrincipal(value: string): Principal | null {
    const at = value.lastIndexOf(".")
    const [subject, signature] = [value.slice(0, at), value.slice(at + 1)]
    const [expires, grant] = subject.split(".")
    if (at < 0 || !(Number(expires) > Date.now())) return null
    if (!timingSafeEqual(sha256(signature), sha256(this.#signature(subject)))) return null
    return grant === undefined ? owner(true) : this.#grants.principalOf(grant)
  }

  #signature(subject: string): string {
    return createHmac("sha256", this.#cookieKey).update(subject).digest("base64url")
  }
}

const sha256 = (text: string): Buffer => createHash("sha256").update(text).digest()

/** All cookies of this name: another program on this machine may have set one, as cookies ignore ports. */
function cookiesOf(request: Request, name: string): string[] {
  const pairs = (request.headers.get("cookie") ?? "").split(";").map(part => part.trim().split("="))
  return pairs.flatMap(([key, value]) => (key === name && value !== undefined ? [value] : []))
}

/** Returns a new server token: 256 random bits. */
export const newToken = (): string => randomBytes(32).toString("base64url")
