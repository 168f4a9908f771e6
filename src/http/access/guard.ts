// Protection against other web pages: checks Host, Origin and Sec-Fetch-Site, and sets security headers.

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
  /** Further paths that pages on other loopback ports may use, like the MOP and mrmd APIs. */
  neighbours?: string[]
}

const HEADERS: Record<string, string> = {
  "X-Content-Type-Options": "nosniff",
  "X-Frame-Options": "DENY",
  "Referrer-Policy": "no-referrer",
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Resource-Policy": "same-origin",
}
/** For every response except the page. */
const API_CSP = "default-src 'none'; frame-ancestors 'none'"

/** Rejects requests that a foreign page could cause. Sets security headers on every response. */
export function guard(options: GuardOptions): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    const rejected = c.env.peer.trusted ? null : (rejectHost(c, options) ?? rejectOrigin(c, options))
    if (rejected) c.res = rejected
    else await next()
    for (const [name, value] of Object.entries(HEADERS)) c.res.headers.set(name, value)
    if (!c.res.headers.has("Content-Security-Policy")) c.res.headers.set("Content-Security-Policy", API_CSP)
    if (!c.res.headers.has("Cache-Control")) c.res.headers.set("Cache-Control", "no-store")
  }
}

function rejectHost(c: Context<AppEnv>, { allowHosts }: GuardOptions): Response | null {
  const host = hostName(c.req.header("host") ?? "")
  if (host !== null && (isLoopbackName(host) || isIP(host) !== 0 || allowHosts.includes(host))) return null
  const message = `host ${JSON.stringify(c.req.header("host") ?? "")} is not allowed; allow it with --allow-host`
  return c.json(errorBody(new PtylineError("denied", message)), 421)
}

/** The name in a Host header, in lower case without port, brackets and final dot; null if malformed. */
function hostName(host: string): string | null {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]/@\s]+))(?::\d{1,5})?$/.exec(host)
  return match ? (match[1] ?? match[2]!).toLowerCase().replace(/\.$/, "") : null
}

const isLoopbackName = (host: string): boolean => host === "localhost" || host.endsWith(".localhost")

function rejectOrigin(c: Context<AppEnv>, options: GuardOptions): Response | null {
  const origin = c.req.header("origin")
  const host = c.req.header("host") ?? ""
  const path = pathOf(c)
  const open = COMPAT.test(path) || (!NATIVE.test(path) && (options.neighbours?.includes(path) ?? false))
  const neighbour = open && (bothLoopback(origin, host) || opensFromFile(c, origin))
  if (origin !== undefined && !neighbour && !originAllowed(origin, host, options))
    return denied(c, `origin ${JSON.stringify(origin)} is not allowed; allow it with --allow-origin`)
  if (origin === undefined && c.req.header("sec-fetch-site") === "cross-site" && !isNavigation(c))
    return denied(c, "cross-site requests are not allowed")
  return null
}

/** The path without the prefix under which another app mounts the routes. */
const pathOf = (c: Context<AppEnv>): string => c.req.path.slice(routePath(c).replace(/\/?\*$/, "").length)

/** The MOP and mrmd APIs: their pages may come from another loopback port (contracts mop 3.8, mrmd-pty). */
const COMPAT = /^\/(mop|api)\//
/** Never open to other ports, not even if a custom endpoint has such a path. */
const NATIVE = /^\/(v1|mcp)(\/|$)/

function bothLoopback(origin: string | undefined, host: string): boolean {
  if (origin === undefined || !URL.canParse(origin)) return false
  return [new URL(origin).host, host].every(name => isLoopback(hostName(name)))
}

/** Lets pages of Electron apps open mrmd's socket: a local program can reach this server anyway. */
const opensFromFile = (c: Context<AppEnv>, origin: string | undefined): boolean =>
  origin === "file://" && pathOf(c) === "/api/pty" && c.req.header("upgrade")?.toLowerCase() === "websocket"

const isLoopback = (name: string | null): boolean =>
  name !== null && (isLoopbackName(name) || name === "::1" || (isIP(name) === 4 && name.startsWith("127.")))

function originAllowed(origin: string, host: string, { allowOrigins, secure }: GuardOptions): boolean {
  if (allowOrigins.includes(origin)) return true
  return origin.toLowerCase() === `${secure ? "https" : "http"}://${host.toLowerCase()}`
}

/** Pages that other sites may link to; they start nothing. */
const PAGES = ["/", "/index.html", "/docs", "/ui/"]

/** True when a person followed a link to one of `PAGES`. */
function isNavigation(c: Context<AppEnv>): boolean {
  const document =
    c.req.header("sec-fetch-mode") === "navigate" && c.req.header("sec-fetch-dest") === "document"
  return document && c.req.method === "GET" && PAGES.includes(pathOf(c))
}

const denied = (c: Context<AppEnv>, message: string): Response =>
  c.json(errorBody(new PtylineError("denied", message)), 403)
