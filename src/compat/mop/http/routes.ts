// MOP's routes (contract mop, 2): poll endpoints, streams, status, custom endpoints and unknown paths.

import type { Context, Hono } from "@hono/hono"
import { type Access, requireAccess } from "../../../core/access/principal.ts"
import type { AppEnv } from "../../../http/peer.ts"
import { limitedText } from "../body.ts"
import { type Mop, PUBLIC } from "../mop.ts"
import { type Json, MopError, type MopResponse } from "../responses.ts"
import type { MopSession } from "../session/mop-session.ts"
import { type CustomEndpoint, type Environment, matching, runCustom } from "./custom.ts"
import { API_LEVEL, ENDPOINTS, type Endpoint } from "./endpoints.ts"
import { Invalid, parseFields, parseObject, text } from "./fields.ts"
import type { MopRateLimits } from "./rate-limits.ts"
import { MopSocket, noPublicSession } from "./socket.ts"
import { mopEventStream } from "./sse.ts"
import { addStatus } from "./status.ts"

const MAX_BODY = 1 << 20
type Ctx = Context<AppEnv>

export type MopSurface = {
  mop: Mop
  /** Null without --rate-limit. */
  limits: MopRateLimits | null
  custom: CustomEndpoint[]
  /** The data directory and the environment of custom endpoints' programs. */
  directory: string
  env: Environment
}

type MopHost = {
  accessOf(c: Ctx): Promise<Access>
  onError(error: unknown): void
  maxViewers: number
}

/** Adds the surface. Call it before adding other body limits, because MOP has its own. */
export function addMop(app: Hono<AppEnv>, surface: MopSurface, host: MopHost): void {
  const { mop, limits } = surface
  app.use("/mop/*", async (c, next) => {
    requireAccess(await host.accessOf(c), c.req.path.endsWith("/mop/init") ? "admin" : "control")
    await next()
  })
  for (const endpoint of ENDPOINTS)
    app.post(endpoint.path, c =>
      respondTo(c, endpoint, host, async () => {
        await limits?.count(endpoint.path, c.env.peer.address)
        const body = parseFields(endpoint.fields, parseObject(await jsonText(c)))
        return respond(await endpoint.run(mop, body, sessionFor(mop, endpoint, String(body.key))))
      }),
    )
  app.get("/mop/process", () => respond(processOf(mop)))
  addStreams(app, surface, host)
  addStatus(app)
  app.on(["PUT", "PATCH", "DELETE", "OPTIONS"], "/mop/*", c => c.json({ detail: "Method Not Allowed" }, 405))
}

const STREAM = { fields: { key: text }, unknown: "Invalid Key" }

function addStreams(app: Hono<AppEnv>, { mop, limits }: MopSurface, host: MopHost): void {
  const full = (mopSession: MopSession) => mopSession.session.viewers.count >= host.maxViewers
  app.post("/mop/power/stream/read", c =>
    respondTo(c, {}, host, async () => {
      const { key } = parseFields(STREAM.fields, parseObject(await jsonText(c)))
      const mopSession = sessionFor(mop, STREAM, key)
      if (full(mopSession)) throw new MopError(503, "Too many streams")
      c.env.peer.stayOpen()
      return mopEventStream(mop, mopSession, c.req.raw.signal)
    }),
  )
  app.get("/mop/power/sock/:alias", c => {
    const alias = c.req.param("alias")
    if (c.req.header("upgrade")?.toLowerCase() !== "websocket") return c.notFound()
    const mopSession = alias === PUBLIC ? mop.publicSession : mop.redeem(alias)
    if (!mopSession && alias !== PUBLIC) return c.json({ status: "Invalid Key", code: 1 }, 403)
    if (mopSession && full(mopSession)) return c.json({ status: "Too many streams", code: 1 }, 503)
    const handler = mopSession
      ? new MopSocket(mop, mopSession, limits !== null, host.onError)
      : noPublicSession
    return c.env.peer.upgrade(handler, null) ?? c.notFound()
  })
}

/** Returns an endpoint's session. Throws 403 for a public key that is not allowed, 404 for an unknown key. */
function sessionFor(mop: Mop, endpoint: Pick<Endpoint, "unknown" | "notPublic">, key: string): MopSession {
  if (endpoint.notPublic && mop.isPublicKey(key)) throw new MopError(403, endpoint.notPublic)
  const mopSession = endpoint.unknown ? mop.find(key) : null
  if (endpoint.unknown && !mopSession) throw new MopError(404, endpoint.unknown)
  return mopSession as MopSession
}

async function respondTo(
  c: Ctx,
  { invalid = {} }: { invalid?: Json },
  { onError }: MopHost,
  work: () => Promise<Response>,
): Promise<Response> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof Invalid) return c.json({ detail: error.issues, ...invalid }, 422)
    const known = error instanceof MopError ? error : new MopError(500, "Internal error")
    if (known !== error) onError(error)
    return respond(known.response, known.headers)
  }
}

function respond({ status, body }: MopResponse, headers: Record<string, string> = {}): Response {
  const text = typeof body === "string" ? body : JSON.stringify(body)
  return new Response(text, { status, headers: { "Content-Type": "application/json", ...headers } })
}

/** Returns the body of a JSON request. Throws 413 and 415. */
async function jsonText(c: Ctx): Promise<string> {
  const type = (c.req.header("content-type") ?? "").split(";")[0]!.trim().toLowerCase()
  const body = await bodyText(c.req.raw)
  if (type !== "application/json" && (body !== "" || type !== ""))
    throw new MopError(415, "Content-Type must be application/json")
  return body
}

async function bodyText(request: Request): Promise<string> {
  const tooLong = Number(request.headers.get("content-length") ?? 0) > MAX_BODY
  const text = tooLong ? null : await limitedText(request, MAX_BODY)
  if (text === null) throw new MopError(413, `A request body must be at most ${MAX_BODY} bytes`)
  return text
}

/** Returns 200 with sessions and 428 without; both are normal. */
function processOf(mop: Mop): MopResponse {
  const { argv: command, serverId: server_id, count } = mop
  const common = { server_id, uptime: `${mop.uptimeS}`, version: API_LEVEL, code: 0 }
  if (count === 0) return { status: 428, body: { status: "No process is running.", command, ...common } }
  const { publicKey: pub_key, pendingWrites: pending_writes } = mop
  return { status: 200, body: { command, sessions: count, pub_key, pending_writes, ...common } }
}

/** Handles a path without a route: a custom endpoint, or 404. */
export async function fallback(c: Ctx, surface: MopSurface, host: MopHost): Promise<Response> {
  const { method, path } = c.req
  if (method !== "GET" && method !== "POST" && method !== "HEAD")
    return c.json({ detail: "Method Not Allowed" }, 405)
  const endpoint = matching(surface.custom, method === "HEAD" ? "GET" : method, path)
  if (endpoint) {
    requireAccess(await host.accessOf(c), "admin")
    const { directory, env } = surface
    return respondTo(c, {}, host, async () =>
      runCustom(endpoint, method === "POST" ? await bodyText(c.req.raw) : "", directory, env),
    )
  }
  if (c.req.header("accept") !== "application/json") return c.text("404 Not Found", 404)
  return c.json({ status: `External endpoint at ${path.replace(/^\//, "")} is not implemented` }, 404)
}
