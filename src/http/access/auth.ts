// Who is asking: the server's token, the browser's cookie, tickets for streams, and the brake on guessing.

import { createHash, createHmac, randomBytes, timingSafeEqual } from "node:crypto"
import type { RateLimiterMemory } from "rate-limiter-flexible"
import { type Grants, isGrantSecret } from "../../core/access/grants.ts"
import { owner, type Principal } from "../../core/access/principal.ts"
import { PtylineError } from "../../core/lib/errors.ts"

/** How long a browser stays signed in, in ms. */
const COOKIE_MS = 30 * 86_400_000
const TICKET_MS = 60_000
const MAX_TICKETS = 10_000
/** Wrong guesses one address may make per minute. The right secret always gets in, so nobody can be locked out. */
const GUESSES = { points: 10, duration: 60 }

export type Ticket = {
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
  #guesses: Promise<RateLimiterMemory> | null = null

  /** `token` is the owner's; null lets everybody in. The token itself is not kept. `grants` are the secrets that were given away. */
  constructor(token: string | null, grants: Grants) {
    this.#grants = grants
    this.#tokenHash = token === null ? null : sha256(token)
    this.#cookieKey =
      token === null ? randomBytes(32) : createHmac("sha256", token).update("ptyline cookie").digest()
  }

  get open(): boolean {
    return this.#tokenHash === null
  }

  /** Who the request's token or cookie says it is from; null without either. Throws `unauthorized` for a wrong one. */
  async principalOf(request: Request, cookieName: string, address: string): Promise<Principal | null> {
    const bearer = /^Bearer +(\S+)$/i.exec(request.headers.get("authorization") ?? "")?.[1]
    const given = bearer === undefined ? null : this.#grants.principal(bearer)
    if (given) return given
    if (bearer !== undefined && isGrantSecret(bearer)) return this.#refuse(address)
    // without a token nobody can be told from anybody; a person's browser says at least that its own page asks
    if (this.open) return owner(request.headers.get("sec-fetch-site") === "same-origin")
    if (bearer !== undefined) return this.#tokenMatches(bearer) ? owner(false) : this.#refuse(address)
    for (const value of cookiesOf(request, cookieName)) {
      const principal = this.#cookiePrincipal(value)
      if (principal) return principal
    }
    return null
  }

  /**
   * The cookie's value for a right token; a named token's cookie is good as long as the token. A share's secret gives none: it would
   * take the place of a cookie that is worth more. Throws `unauthorized`, or `limit_reached` after too many wrong ones.
   */
  async login(token: string, address: string): Promise<{ value: string; maxAgeS: number }> {
    const given = this.#grants.principal(token)
    const named = given && given.session === null ? given.grant : null
    if (!this.open && named === null && !this.#tokenMatches(token)) await this.#refuse(address)
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
      throw new PtylineError("limit_reached", `${MAX_TICKETS} tickets are open`)
    const ticket = randomBytes(24).toString("base64url")
    const expires = now + TICKET_MS
    this.#tickets.set(sha256(ticket).toString("hex"), { sessionId, mode, expires, principal })
    return { ticket, expires_at: new Date(expires).toISOString() }
  }

  /** What a ticket lets in, once; null when it is unknown, used or too old. */
  redeemTicket(ticket: string): Ticket | null {
    const key = sha256(ticket).toString("hex")
    const found = this.#tickets.get(key)
    this.#tickets.delete(key)
    return found && found.expires > Date.now() && !found.principal.gone?.aborted ? found : null
  }

  async #refuse(address: string): Promise<never> {
    const guesses = await this.#brake()
    try {
      await guesses.consume(address)
    } catch {
      throw new PtylineError("limit_reached", "too many wrong tokens from this address; wait a minute")
    }
    throw new PtylineError("unauthorized", "this token is not the server's")
  }

  /** Loaded at the first wrong token: it takes as long as much of the rest of the server. */
  #brake(): Promise<RateLimiterMemory> {
    this.#guesses ??= import("rate-limiter-flexible").then(
      ({ RateLimiterMemory }) => new RateLimiterMemory(GUESSES),
    )
    return this.#guesses
  }

  #tokenMatches(token: string): boolean {
    return this.#tokenHash !== null && timingSafeEqual(sha256(token), this.#tokenHash)
  }

  /** `expires[.grant].signature`. Who came with the owner's cookie signed in on the page, as a person does. */
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

/** Every cookie of this name: another program on this machine may have set one, and ports do not keep cookies apart. */
function cookiesOf(request: Request, name: string): string[] {
  const pairs = (request.headers.get("cookie") ?? "").split(";").map(part => part.trim().split("="))
  return pairs.flatMap(([key, value]) => (key === name && value !== undefined ? [value] : []))
}

/** A fresh server token: 256 random bits. */
export const newToken = (): string => randomBytes(32).toString("base64url")
