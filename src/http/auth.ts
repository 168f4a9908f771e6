// Who is asking: the server's token, the browser's cookie, tickets for streams, and the brake on guessing.

import { createHash, createHmac, randomBytes, timingSafeEqual } from "node:crypto"
import type { RateLimiterMemory } from "rate-limiter-flexible"
import type { Access } from "../core/access.ts"
import { PtylineError } from "../core/errors.ts"

/** How long a browser stays signed in, in ms. */
const COOKIE_MS = 30 * 86_400_000
const TICKET_MS = 60_000
const MAX_TICKETS = 10_000
/** Wrong guesses one address may make per minute. The right secret always gets in, so nobody can be locked out. */
const GUESSES = { points: 10, duration: 60 }

export type Ticket = { sessionId: string; mode: "view" | "control"; expires: number }

export class Auth {
  #tokenHash: Buffer | null
  #cookieKey: Buffer
  #tickets = new Map<string, Ticket>()
  #guesses: Promise<RateLimiterMemory> | null = null

  /** `token` null lets everybody in. The token itself is not kept. */
  constructor(token: string | null) {
    this.#tokenHash = token === null ? null : sha256(token)
    this.#cookieKey =
      token === null ? randomBytes(32) : createHmac("sha256", token).update("ptyline cookie").digest()
  }

  get open(): boolean {
    return this.#tokenHash === null
  }

  /** What the request's token or cookie allows; null without either. Throws `unauthorized` for a wrong one. */
  async accessOf(request: Request, cookieName: string, address: string): Promise<Access | null> {
    if (this.open) return "admin"
    const bearer = /^Bearer +(\S+)$/i.exec(request.headers.get("authorization") ?? "")?.[1]
    if (bearer !== undefined) return this.#tokenMatches(bearer) ? "admin" : this.#refuse(address)
    return cookiesOf(request, cookieName).some(value => this.#cookieHolds(value)) ? "admin" : null
  }

  /** The cookie's value for a right token. Throws `unauthorized`, or `limit_reached` after too many wrong ones. */
  async login(token: string, address: string): Promise<{ value: string; maxAgeS: number }> {
    if (!this.open && !this.#tokenMatches(token)) await this.#refuse(address)
    const expires = Date.now() + COOKIE_MS
    return { value: `${expires}.${this.#signature(expires)}`, maxAgeS: COOKIE_MS / 1000 }
  }

  issueTicket(sessionId: string, mode: "view" | "control"): { ticket: string; expires_at: string } {
    const now = Date.now()
    for (const [key, { expires }] of this.#tickets) if (expires <= now) this.#tickets.delete(key)
    if (this.#tickets.size >= MAX_TICKETS)
      throw new PtylineError("limit_reached", `${MAX_TICKETS} tickets are open`)
    const ticket = randomBytes(24).toString("base64url")
    const expires = now + TICKET_MS
    this.#tickets.set(sha256(ticket).toString("hex"), { sessionId, mode, expires })
    return { ticket, expires_at: new Date(expires).toISOString() }
  }

  /** What a ticket lets in, once; null when it is unknown, used or too old. */
  redeemTicket(ticket: string): Ticket | null {
    const key = sha256(ticket).toString("hex")
    const found = this.#tickets.get(key)
    this.#tickets.delete(key)
    return found && found.expires > Date.now() ? found : null
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

  #cookieHolds(value: string): boolean {
    const [expires, signature] = value.split(".")
    if (!signature || !(Number(expires) > Date.now())) return false
    return timingSafeEqual(sha256(signature), sha256(this.#signature(Number(expires))))
  }

  #signature(expires: number): string {
    return createHmac("sha256", this.#cookieKey).update(String(expires)).digest("base64url")
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
