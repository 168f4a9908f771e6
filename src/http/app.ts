// The HTTP surface put together: guard, sign-in, operations, streams, documents, page.

import { type Context, Hono } from "@hono/hono"
import { bodyLimit } from "@hono/hono/body-limit"
import { cors } from "@hono/hono/cors"
import { z } from "zod"
import { type Access, requireAccess } from "../core/access.ts"
import { PtylineError } from "../core/errors.ts"
import type { Sessions } from "../core/sessions.ts"
import type { Host, ServerFacts } from "../ops/operation.ts"
import { parseInput } from "../ops/parse.ts"
import { CloseCode, SUBPROTOCOL } from "../wire/attach.ts"
import { AttachHandler } from "./attach.ts"
import type { Auth } from "./auth.ts"
import { DOCS_CSP, DOCS_CSS, docsPage } from "./docs.ts"
import { errorBody, presentable, STATUS } from "./errors.ts"
import { eventStream } from "./events.ts"
import { type GuardOptions, guard } from "./guard.ts"
import { metricsOf } from "./metrics.ts"
import { openApiDocument } from "./openapi.ts"
import { addPage } from "./page.ts"
import type { Env, SocketHandler } from "./peer.ts"
import { addOperations, jsonBody } from "./routes.ts"
import { sseResponse } from "./sse.ts"
import { streamEvents } from "./stream.ts"

/** Largest request body, in bytes. */
const MAX_BODY = 4 << 20

export type AppOptions = {
  sessions: Sessions
  auth: Auth
  guard: GuardOptions
  facts: () => ServerFacts
  cookieName: () => string
  onError: (error: unknown) => void
}

/** Every route of the native API as one Hono app; mount it or give its `fetch` to a server. */
export function createApp(options: AppOptions): Hono<Env> {
  const { sessions, auth, facts, onError } = options
  const app = new Hono<Env>()
  const host: Host = { facts, issueTicket: (id, mode) => auth.issueTicket(id, mode) }
  app.onError((error, c) => answerError(c, error, onError))
  app.notFound(c =>
    answerError(c, new PtylineError("not_found", `no such path: ${c.req.method} ${c.req.path}`), onError),
  )
  app.use(guard(options.guard))
  if (options.guard.allowOrigins.length > 0) app.use(cors(forAllowedOrigins(options.guard)))
  app.use(bodyLimit({ maxSize: MAX_BODY, onError: tooLarge }))
  addSignIn(app, options)
  addOperations(app, sessions, host, c => accessOf(c, options))
  addStreams(app, options)
  addDocuments(app, options)
  addPage(app)
  return app
}

/** Pages of these origins may read the answers. They bring a token: cookies do not cross origins. */
const forAllowedOrigins = ({ allowOrigins }: GuardOptions): Parameters<typeof cors>[0] => ({
  origin: allowOrigins,
  allowMethods: ["GET", "POST", "PATCH", "DELETE"],
  allowHeaders: ["Authorization", "Content-Type", "Last-Event-ID"],
  maxAge: 600,
})

function answerError(c: Context<Env>, error: unknown, onError: AppOptions["onError"]): Response {
  const shown = presentable(error)
  if (shown.code === "internal") onError(error)
  return c.json(errorBody(shown), STATUS[shown.code])
}

function tooLarge(): never {
  throw new PtylineError("too_large", `a request body is at most ${MAX_BODY} bytes`, { limit: MAX_BODY })
}

/** What the caller may do. Throws `unauthorized`. */
async function accessOf(c: Context<Env>, { auth, cookieName }: AppOptions): Promise<Access> {
  if (c.env.peer.trusted) return "admin"
  const access = await auth.accessOf(c.req.raw, cookieName(), c.env.peer.address)
  if (access) return access
  throw new PtylineError(
    "unauthorized",
    "a token is needed: Authorization: Bearer <token>, or sign in on the page",
  )
}

function addSignIn(app: Hono<Env>, { auth, cookieName, guard: { secure } }: AppOptions): void {
  const cookie = (value: string, maxAge: number) =>
    `${cookieName()}=${value}; Path=/; HttpOnly; SameSite=Strict; Max-Age=${maxAge}${secure ? "; Secure" : ""}`
  app.post("/v1/login", async c => {
    const { token } = parseInput(z.strictObject({ token: z.string().max(1024) }), await jsonBody(c))
    const { value, maxAgeS } = await auth.login(token, c.env.peer.address)
    return c.body(null, 204, { "Set-Cookie": cookie(value, maxAgeS) })
  })
  app.post("/v1/logout", c => c.body(null, 204, { "Set-Cookie": cookie("", 0) }))
}

const StreamQuery = z.strictObject({
  from: z.coerce.number().int().min(0).optional(),
  encoding: z.enum(["base64", "utf8"]).default("base64"),
  ticket: z.string().optional(),
})
const AttachQuery = z.strictObject({
  from: z.coerce.number().int().min(0).optional(),
  mode: z.enum(["view", "control"]).default("control"),
  snapshot: z.enum(["auto", "never", "always"]).optional(),
  ticket: z.string().optional(),
})

/** A stream's caller: by ticket if there is one, else as everywhere. */
async function streamAccess(
  c: Context<Env>,
  sessionId: string,
  ticket: string | undefined,
  options: AppOptions,
): Promise<Access> {
  if (ticket === undefined) return accessOf(c, options)
  const access = options.auth.redeemTicket(ticket, sessionId)
  if (access) return access
  throw new PtylineError("unauthorized", "this ticket is used, too old, or for another session")
}

function addStreams(app: Hono<Env>, options: AppOptions): void {
  const { sessions, onError } = options
  app.get("/v1/sessions/:id/stream", async c => {
    const query = parseInput(StreamQuery, c.req.query())
    if (query.ticket === undefined) await accessOf(c, options)
    const session = sessions.get(c.req.param("id"))
    await streamAccess(c, session.id, query.ticket, options)
    if (session.viewers >= sessions.limits.viewers)
      throw new PtylineError("limit_reached", `${session.viewers} viewers are attached`)
    const from = lastEventId(c) ?? query.from ?? session.log.base
    return sse(c, signal => streamEvents(session, from, query.encoding, signal))
  })
  app.get("/v1/events", async c => {
    requireAccess(await accessOf(c, options), "view")
    return sse(c, signal => eventStream(sessions, lastEventId(c), signal))
  })
  app.get("/v1/sessions/:id/attach", async c => {
    const handler = await attachHandler(c, options).catch(error => refusal(error, onError))
    const response = c.env.peer.upgrade(handler, offeredProtocol(c))
    if (response) return response
    throw new PtylineError("invalid_input", "this path takes a WebSocket; see /docs#attach")
  })
}

function sse(c: Context<Env>, events: (signal: AbortSignal) => Parameters<typeof sseResponse>[0]): Response {
  c.env.peer.stayOpen()
  const gone = new AbortController()
  c.req.raw.signal.addEventListener("abort", () => gone.abort())
  return sseResponse(events(gone.signal), () => gone.abort())
}

function lastEventId(c: Context<Env>): number | undefined {
  const id = c.req.header("last-event-id")
  if (id === undefined || id === "") return undefined
  return parseInput(z.coerce.number().int().min(0), id)
}

async function attachHandler(c: Context<Env>, options: AppOptions): Promise<SocketHandler> {
  const { sessions, onError } = options
  const { from, mode, ticket } = parseInput(AttachQuery, c.req.query())
  if (ticket === undefined) await accessOf(c, options)
  const session = sessions.get(c.req.param("id")!)
  requireAccess(await streamAccess(c, session.id, ticket, options), mode)
  return new AttachHandler({ session, mode, from, maxViewers: sessions.limits.viewers, onError })
}

const CLOSES: Partial<Record<PtylineError["code"], number>> = {
  unauthorized: CloseCode.unauthorized,
  not_found: CloseCode.notFound,
  limit_reached: CloseCode.limit,
}

/** A browser cannot see the status of a refused handshake, so a refusal is a socket that closes at once with its code. */
function refusal(error: unknown, onError: AppOptions["onError"]): SocketHandler {
  const shown = presentable(error)
  if (shown.code === "internal") onError(error)
  const reason = new TextDecoder()
    .decode(new TextEncoder().encode(shown.message).slice(0, 120))
    .replace(/\uFFFD+$/, "")
  const ignore = () => {}
  const open: SocketHandler["open"] = socket => socket.close(CLOSES[shown.code] ?? CloseCode.policy, reason)
  return { open, message: ignore, drain: ignore, close: ignore }
}

/** The subprotocol to confirm; scripts that offer none get none. */
function offeredProtocol(c: Context<Env>): string | null {
  const offered = c.req.header("sec-websocket-protocol")
  if (offered === undefined) return null
  if (offered.split(",").some(name => name.trim() === SUBPROTOCOL)) return SUBPROTOCOL
  throw new PtylineError(
    "invalid_input",
    `the subprotocol is ${SUBPROTOCOL}, offered was ${JSON.stringify(offered)}`,
  )
}

function addDocuments(app: Hono<Env>, options: AppOptions): void {
  const { sessions, facts } = options
  let known: ReturnType<typeof openApiDocument> | null = null
  const document = () => {
    known ??= openApiDocument(facts().version)
    return known
  }
  const metrics = metricsOf(sessions)
  app.get("/healthz", c => c.json({ ok: true }))
  app.get("/readyz", c => c.json({ ok: !sessions.closing }, sessions.closing ? 503 : 200))
  app.get("/openapi.json", c => c.json(document()))
  app.get("/docs", c => c.html(docsPage(document()), 200, { "Content-Security-Policy": DOCS_CSP }))
  app.get("/docs.css", c => c.body(DOCS_CSS, 200, { "Content-Type": "text/css; charset=utf-8" }))
  app.get("/metrics", async c => {
    await accessOf(c, options)
    return c.body(await metrics(), 200, { "Content-Type": "text/plain; version=0.0.4; charset=utf-8" })
  })
}
