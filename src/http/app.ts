// The HTTP surface put together: guard, sign-in, operations, streams, documents, page.

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
import { tied, tiedStreams } from "./access/grant-bound.ts"
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

/** Paths that are the native API's also where MOP answers for the rest. */
const OURS = /^\/(v1|mcp|api)(\/|$)/
/** Largest request body, in bytes. */
const MAX_BODY = 4 << 20

export type AppOptions = {
  sessions: Sessions
  auth: Auth
  guard: GuardOptions
  facts: () => ServerFacts
  /** False while something that the server needs besides itself is missing. */
  ready?: () => boolean
  cookieName: () => string
  /** Where the page is, for callers that come by the Unix socket. */
  url?: () => string
  onError: (error: unknown) => void
  /** MOP's paths; null or missing leaves them off. */
  mop?: MopSurface | null
  /** The tools for agents at /mcp; null or missing leaves them off. */
  mcp?: McpSurface | null
  /** mrmd-pty's terminals, where its surface is wanted. */
  mrmd?: Terminals
  /** The native API and its documents; the page. On unless told otherwise. */
  native?: boolean
  page?: boolean
  /** False where an app that mounts this has looked at hosts and origins itself. */
  guarded?: boolean
  /** Who may do what where an app that mounts this decides; null is nobody. */
  access?: (c: Context<AppEnv>) => Access | null | Promise<Access | null>
}

/** Every route of the native API as one Hono app; mount it or give its `fetch` to a server. */
export function createApp(options: AppOptions): Hono<AppEnv> {
  const { sessions, auth, facts, onError } = options
  const app = new Hono<AppEnv>()
  const host: Host = { facts, issueTicket: (id, mode, who) => auth.issueTicket(id, mode, who) }
  app.onError((error, c) => answerError(c, error, onError))
  const around = {
    accessOf: (c: Context<AppEnv>) => accessOf(c, options),
    onError,
    maxViewers: sessions.limits.viewers,
  }
  app.notFound(c =>
    options.mop && !OURS.test(c.req.path)
      ? fallback(c, options.mop, around)
      : answerError(c, new PtylineError("not_found", `no such path: ${c.req.method} ${c.req.path}`), onError),
  )
  if (options.guarded !== false) app.use(guard(options.guard))
  app.use(compressed(), tiedStreams())
  if (options.mop) addMop(app, options.mop, around)
  if (options.guard.allowOrigins.length > 0) app.use(cors(forAllowedOrigins(options.guard)))
  app.use(bodyLimit({ maxSize: MAX_BODY, onError: tooLarge }))
  const who = (c: Context<AppEnv>) => principalOf(c, options)
  if (options.native !== false) {
    addSignIn(app, options)
    addOperations(app, { sessions, host, principalOf: who, baseOf: c => baseOf(c, options) })
    addStreams(app, { sessions, auth, onError, principalOf: who })
    addDocuments(app, options)
  }
  if (options.mcp) addMcp(app, options.mcp, options)
  const { mrmd } = options
  if (mrmd) app.route("/", mrmdRoutes({ terminals: mrmd, accessOf: c => accessOf(c, options), onError }))
  if (options.page !== false) addPage(app, options.mop ? MOP_PAGES : [])
  return app
}

/** Pages of these origins may read the answers. They bring a token: cookies do not cross origins. */
const forAllowedOrigins = ({ allowOrigins }: GuardOptions): Parameters<typeof cors>[0] => ({
  origin: allowOrigins,
  allowMethods: ["GET", "POST", "PATCH", "DELETE"],
  allowHeaders: ["Authorization", "Content-Type", "Last-Event-ID"],
  maxAge: 600,
})

function answerError(c: Context<AppEnv>, error: unknown, onError: AppOptions["onError"]): Response {
  const shown = presentable(error)
  if (shown.code === "internal") onError(error)
  return c.json(errorBody(shown), STATUS[shown.code])
}

function tooLarge(): never {
  throw new PtylineError("too_large", `a request body is at most ${MAX_BODY} bytes`, { limit: MAX_BODY })
}

/**
 * What the caller may do, for surfaces that know all sessions or none: a share opens none of them. What they open ends with the
 * caller's token. Throws `unauthorized`.
 */
async function accessOf(c: Context<AppEnv>, options: AppOptions): Promise<Access> {
  const { access, session, gone } = await principalOf(c, options)
  if (gone) c.env.peer = tied(c.env.peer, gone)
  if (session === null) return access
  throw new PtylineError("denied", "a share opens its one session and nothing else")
}

/** Where the caller reaches the page. */
function baseOf(c: Context<AppEnv>, { guard, url }: AppOptions): string {
  if (c.env.peer.trusted) return (url?.() ?? "http://localhost").replace(/\/$/, "")
  return `${guard.secure ? "https" : "http"}://${c.req.header("host")}`
}

/** Who asks. Throws `unauthorized`. */
async function principalOf(c: Context<AppEnv>, { auth, cookieName, access }: AppOptions): Promise<Principal> {
  if (c.env.peer.trusted) return owner(true)
  if (access) return hostPrincipal(await access(c))
  const principal = await auth.principalOf(c.req.raw, cookieName(), c.env.peer.address)
  if (principal) return principal
  throw new PtylineError(
    "unauthorized",
    "a token is needed: Authorization: Bearer <token>, or sign in on the page",
  )
}

/** Whoever an app that mounts this lets in. Throws `unauthorized` for null. */
function hostPrincipal(access: Access | null): Principal {
  if (access) return { ...owner(false), name: "host", access }
  throw new PtylineError("unauthorized", "this app does not let you in")
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

/** Its tools start sessions, which takes what the native create takes. */
function addMcp(app: Hono<AppEnv>, mcp: McpSurface, options: AppOptions): void {
  app.get("/mcp/bridge", async c => {
    requireAccess(await accessOf(c, options), "admin")
    const handler = mcp.bridge(c.env.peer.trusted)
    const response = c.env.peer.upgrade(handler, null)
    if (response) return response
    handler.close()
    throw new PtylineError("invalid_input", "this path takes the WebSocket of ptyline mcp")
  })
  app.all("/mcp", async c => {
    requireAccess(await accessOf(c, options), "admin")
    c.env.peer.stayOpen()
    return mcp.http.fetch(c.req.raw)
  })
}

/** May be kept, and asked about again with its ETag. */
const revalidated: MiddlewareHandler<AppEnv> = async (c, next) => {
  await next()
  c.res.headers.set("Cache-Control", "no-cache")
}

function addDocuments(app: Hono<AppEnv>, options: AppOptions): void {
  const { sessions, facts } = options
  let known: ReturnType<typeof openApiDocument> | null = null
  const document = () => {
    known ??= openApiDocument(facts().version, options.mop ? mopPaths() : {})
    return known
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
