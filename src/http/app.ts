// The HTTP app: guard, sign-in, operations, streams, documents, page, and the surfaces mounted beside them.

import { type Context, Hono, type MiddlewareHandler } from "@hono/hono"
import { bodyLimit } from "@hono/hono/body-limit"
import { cors } from "@hono/hono/cors"
import { etag } from "@hono/hono/etag"
import { z } from "zod"
import { mopPaths } from "../compat/mop/http/openapi.ts"
import { addMop, fallback, type MopSurface } from "../compat/mop/http/routes.ts"
import { MOP_PAGES } from "../compat/mop/http/status.ts"
import { mrmdRoutes } from "../compat/mrmd/routes.ts"
import type { Terminals } from "../compat/mrmd/terminals.ts"
import { type Access, owner, type Principal, requireAccess } from "../core/access/principal.ts"
import { PtylineError } from "../core/lib/errors.ts"
import type { Sessions } from "../core/registry/sessions.ts"
import type { McpSurface } from "../mcp/protocol/surface.ts"
import type { Host, ServerFacts } from "../ops/operation.ts"
import { parseInput } from "../ops/parse.ts"
import type { Auth } from "./access/auth.ts"
import { boundStreams, grantBound } from "./access/grant-bound.ts"
import { type GuardOptions, guard } from "./access/guard.ts"
import { compressed } from "./api/compress.ts"
import { DOCS_CSP, DOCS_CSS, docsPage } from "./api/docs.ts"
import { errorBody, presentable, STATUS } from "./api/errors.ts"
import { metricsOf } from "./api/metrics.ts"
import { openApiDocument } from "./api/openapi.ts"
import { addPage } from "./api/page.ts"
import { addOperations, jsonBody } from "./api/routes.ts"
import type { AppEnv } from "./peer.ts"
import { addStreams } from "./stream/routes.ts"

/** Paths of the native surfaces: MOP's fallback does not serve them. */
const NATIVE_PATHS = /^\/(v1|mcp|api)(\/|$)/
/** Largest request body, in bytes. */
const MAX_BODY = 4 << 20

type AppOptions = {
  sessions: Sessions
  auth: Auth
  guard: GuardOptions
  facts: () => ServerFacts
  /** Returns false while something that the server depends on is missing. */
  ready?: () => boolean
  cookieName: () => string
  /** The page's URL, for callers on the Unix socket. */
  url?: () => string
  onError: (error: unknown) => void
  /** The MOP API; off if null or missing. */
  mop?: MopSurface | null
  /** The MCP server at /mcp; off if null or missing. */
  mcp?: McpSurface | null
  /** The mrmd API; off if missing. */
  mrmd?: Terminals
  /** The native API and its documents; on by default. */
  native?: boolean
  /** The web page; on by default. */
  page?: boolean
  /** False if the app that mounts this one checks Host and Origin itself. */
  guarded?: boolean
  /** The caller's access, if the app that mounts this one decides; null: none. */
  access?: (c: Context<AppEnv>) => Access | null | Promise<Access | null>
}

/** Returns all routes as one Hono app. Mount it, or pass its `fetch` to a server. */
export function createApp(options: AppOptions): Hono<AppEnv> {
  const { sessions, auth, facts, onError } = options
  const app = new Hono<AppEnv>()
  const host: Host = { facts, issueTicket: auth.issueTicket.bind(auth) }
  app.onError((error, c) => failure(c, error, onError))
  const surface = {
    accessOf: (c: Context<AppEnv>) => accessOf(c, options),
    onError,
    maxViewers: sessions.limits.viewers,
  }
  app.notFound(c =>
    options.mop && !NATIVE_PATHS.test(c.req.path)
      ? fallback(c, options.mop, surface)
      : failure(c, new PtylineError("not_found", `no such path: ${c.req.method} ${c.req.path}`), onError),
  )
  if (options.guarded !== false) app.use(guard(options.guard))
  app.use(compressed(), boundStreams())
  if (options.mop) addMop(app, options.mop, surface)
  if (options.guard.allowOrigins.length > 0) app.use(cors(forAllowedOrigins(options.guard)))
  app.use(bodyLimit({ maxSize: MAX_BODY, onError: tooLarge }))
  const principal = (c: Context<AppEnv>) => principalOf(c, options)
  if (options.native !== false) {
    addSignIn(app, options)
    addOperations(app, { sessions, host, principalOf: principal, baseOf: c => baseOf(c, options) })
    addStreams(app, { sessions, auth, onError, principalOf: principal })
    addDocuments(app, options)
  }
  if (options.mcp) addMcp(app, options.mcp, options)
  const { mrmd } = options
  if (mrmd) app.route("/", mrmdRoutes({ terminals: mrmd, accessOf: c => accessOf(c, options), onError }))
  if (options.page !== false) addPage(app, options.mop ? MOP_PAGES : [])
  return app
}

/** Lets pages of the allowed origins read responses. They need a token: cookies do not cross origins. */
const forAllowedOrigins = ({ allowOrigins }: GuardOptions): Parameters<typeof cors>[0] => ({
  origin: allowOrigins,
  allowMethods: ["GET", "POST", "PATCH", "DELETE"],
  allowHeaders: ["Authorization", "Content-Type", "Last-Event-ID"],
  maxAge: 600,
})

function failure(c: Context<AppEnv>, error: unknown, onError: AppOptions["onError"]): Response {
  const shown = presentable(error, onError)
  return c.json(errorBody(shown), STATUS[shown.code])
}

function tooLarge(): never {
  throw new PtylineError("too_large", `request body over ${MAX_BODY} bytes`, { limit: MAX_BODY })
}

/**
 * The caller's access to a surface that serves all sessions: throws `denied` for a share. Sockets and streams
 * opened on this connection end when the caller's token is revoked. Throws `unauthorized`.
 */
async function accessOf(c: Context<AppEnv>, options: AppOptions): Promise<Access> {
  const { access, session, gone } = await principalOf(c, options)
  if (gone) c.env.peer = grantBound(c.env.peer, gone)
  if (session === null) return access
  throw new PtylineError("denied", "a share gives access to its session only")
}

function baseOf(c: Context<AppEnv>, { guard, url }: AppOptions): string {
  if (c.env.peer.trusted) return (url?.() ?? "http://localhost").replace(/\/$/, "")
  return `${guard.secure ? "https" : "http"}://${c.req.header("host")}`
}

/** The caller. Throws `unauthorized`. */
async function principalOf(c: Context<AppEnv>, { auth, cookieName, access }: AppOptions): Promise<Principal> {
  if (c.env.peer.trusted) return owner(true)
  if (access) return hostPrincipal(await access(c))
  const principal = await auth.principalOf(c.req.raw, cookieName(), c.env.peer.address)
  if (principal) return principal
  throw new PtylineError(
    "unauthorized",
    "token required: send Authorization: Bearer <token>, or sign in on the page",
  )
}

/** The caller that the mounting app admits. Throws `unauthorized` for null. */
function hostPrincipal(access: Access | null): Principal {
  if (access) return { ...owner(false), name: "host", access }
  throw new PtylineError("unauthorized", "this app denies access")
}

function addSignIn(app: Hono<AppEnv>, { auth, cookieName, guard: { secure } }: AppOptions): void {
  const cookie = (value: string, maxAge: number) =>
    `${cookieName()}=${value}; Path=/; HttpOnly; SameSite=Strict; Max-Age=${maxAge}${secure ? "; Secure" : ""}`
  app.post("/v1/login", async c => {
    const { token } = parseInput(z.strictObject({ token: z.string().max(1024) }), await jsonBody(c))
    const { value, maxAgeS } = await auth.login(token, c.env.peer.address)
    return c.body(null, 204, { "Set-Cookie": cookie(value, maxAgeS) })
  })
  app.post("/v1/logout", c => c.body(null, 204, { "Set-Cookie": cookie("", 0) }))
}

/** Its tools start sessions, so it needs the same access as the native `create`. */
function addMcp(app: Hono<AppEnv>, mcp: McpSurface, options: AppOptions): void {
  app.get("/mcp/bridge", async c => {
    requireAccess(await accessOf(c, options), "admin")
    const handler = mcp.bridge(c.env.peer.trusted)
    const response = c.env.peer.upgrade(handler, null)
    if (response) return response
    handler.close()
    throw new PtylineError("invalid_input", "this path accepts only the WebSocket of ptyline mcp")
  })
  app.all("/mcp", async c => {
    requireAccess(await accessOf(c, options), "admin")
    c.env.peer.stayOpen()
    return mcp.http.fetch(c.req.raw)
  })
}

/** Lets clients cache the response and revalidate it with its ETag. */
const revalidated: MiddlewareHandler<AppEnv> = async (c, next) => {
  await next()
  c.res.headers.set("Cache-Control", "no-cache")
}

function addDocuments(app: Hono<AppEnv>, options: AppOptions): void {
  const { sessions, facts } = options
  let cached: ReturnType<typeof openApiDocument> | null = null
  const document = () => {
    cached ??= openApiDocument(facts().version, options.mop ? mopPaths() : {})
    return cached
  }
  const metrics = metricsOf(sessions)
  app.get("/healthz", c => c.json({ ok: true }))
  app.get("/readyz", c => {
    const ok = !sessions.closing && (options.ready?.() ?? true)
    return c.json({ ok }, ok ? 200 : 503)
  })
  for (const path of ["/openapi.json", "/docs", "/docs.css"]) app.use(path, etag(), revalidated)
  app.get("/openapi.json", c => c.json(document()))
  app.get("/docs", c => c.html(docsPage(document()), 200, { "Content-Security-Policy": DOCS_CSP }))
  app.get("/docs.css", c => c.body(DOCS_CSS, 200, { "Content-Type": "text/css; charset=utf-8" }))
  app.get("/metrics", async c => {
    await accessOf(c, options)
    return c.body(await metrics(), 200, { "Content-Type": "text/plain; version=0.0.4; charset=utf-8" })
  })
}
