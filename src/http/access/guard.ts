// Against other web pages: which Host, which Origin, which kind of body (design, section 8).

import { isIP } from "node:net"
import type { Context, MiddlewareHandler } from "@hono/hono"
import { routePath } from "@hono/hono/route"
import { PtylineError } from "../../core/lib/errors.ts"
import { errorBody } from "../api/errors.ts"
import type { AppEnv } from "../peer.ts"

export type GuardOptions = {
  allowHosts: string[]
  allowOrigins: string[]
  secure: boolean
  /** More paths that pages of this machine's other ports may use, as they may the two older surfaces. */
  neighbours?: string[]
}

const HEADERS: Record<string, string> = {
  "X-Content-Type-Options": "nosniff",
  "X-Frame-Options": "DENY",
  "Referrer-Policy": "no-referrer",
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Resource-Policy": "same-origin",
}
/** For everything that is not the page. */
const API_CSP = "default-src 'none'; frame-ancestors 'none'"

/** Refuses what a foreign page could make a browser send, before any route sees it, and sets the headers of every answer. */
export function guard(options: GuardOptions): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    const refusal = c.env.peer.trusted ? null : (hostRefusal(c, options) ?? originRefusal(c, options))
    if (refusal) c.res = refusal
    else await next()
    for (const [name, value] of Object.entries(HEADERS)) c.res.headers.set(name, value)
    if (!c.res.headers.has("Content-Security-Policy")) c.res.headers.set("Content-Security-Policy", API_CSP)
    if (!c.res.headers.has("Cache-Control")) c.res.headers.set("Cache-Control", "no-store")
  }
}

function hostRefusal(c: Context<AppEnv>, { allowHosts }: GuardOptions): Response | null {
  const host = hostName(c.req.header("host") ?? "")
  if (host !== null && (isLoopbackName(host) || isIP(host) !== 0 || allowHosts.includes(host))) return null
  const message = `this server does not answer to the host ${JSON.stringify(c.req.header("host") ?? "")}; --allow-host lets it`
  return c.json(errorBody(new PtylineError("denied", message)), 421)
}

/** The name in a Host header: lower case, without port, brackets and final dot; null when malformed. */
function hostName(host: string): string | null {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]/@\s]+))(?::\d{1,5})?$/.exec(host)
  return match ? (match[1] ?? match[2]!).toLowerCase().replace(/\.$/, "") : null
}

const isLoopbackName = (host: string): boolean => host === "localhost" || host.endsWith(".localhost")

function originRefusal(c: Context<AppEnv>, options: GuardOptions): Response | null {
  const origin = c.req.header("origin")
  const host = c.req.header("host") ?? ""
  const path = pathOf(c)
  const open = COMPAT.test(path) || (!NATIVE.test(path) && (options.neighbours?.includes(path) ?? false))
  const neighbour = open && (bothLoopback(origin, host) || opensFromFile(c, origin))
  if (origin !== undefined && !neighbour && !originAllowed(origin, host, options))
    return denied(c, `requests from ${JSON.stringify(origin)} are not allowed; --allow-origin lets them`)
  if (origin === undefined && c.req.header("sec-fetch-site") === "cross-site" && !isNavigation(c))
    return denied(c, "cross-site requests are not allowed")
  return null
}

/** The path without that under which an app has mounted the routes. */
const pathOf = (c: Context<AppEnv>): string => c.req.path.slice(routePath(c).replace(/\/?\*$/, "").length)

/** The two older surfaces, whose pages may come from another port of this machine (contracts mop 3.8, mrmd-pty). */
const COMPAT = /^\/(mop|api)\//
/** Never open to them, also when a custom endpoint asks for such a path, which it does not get. */
const NATIVE = /^\/(v1|mcp)(\/|$)/

function bothLoopback(origin: string | undefined, host: string): boolean {
  if (origin === undefined || !URL.canParse(origin)) return false
  return [new URL(origin).host, host].every(name => isLoopback(hostName(name)))
}

/** A page that a desktop program loads from a file may open a socket: what it could do with HTTP, a file could do anyway. */
const opensFromFile = (c: Context<AppEnv>, origin: string | undefined): boolean =>
  origin === "file://" && pathOf(c) === "/api/pty" && c.req.header("upgrade")?.toLowerCase() === "websocket"

const isLoopback = (name: string | null): boolean =>
  name !== null && (isLoopbackName(name) || name === "::1" || (isIP(name) === 4 && name.startsWith("127.")))

function originAllowed(origin: string, host: string, { allowOrigins, secure }: GuardOptions): boolean {
  if (allowOrigins.includes(origin)) return true
  return origin.toLowerCase() === `${secure ? "https" : "http"}://${host.toLowerCase()}`
}

/** What another site may link to: pages for people, which start nothing. */
const PAGES = ["/", "/index.html", "/docs", "/ui/"]

/** A person followed such a link. */
function isNavigation(c: Context<AppEnv>): boolean {
  const document =
    c.req.header("sec-fetch-mode") === "navigate" && c.req.header("sec-fetch-dest") === "document"
  return document && c.req.method === "GET" && PAGES.includes(pathOf(c))
}

const denied = (c: Context<AppEnv>, message: string): Response =>
  c.json(errorBody(new PtylineError("denied", message)), 403)
