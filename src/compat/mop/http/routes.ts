// MOP's paths on the server's app (contract mop, 2): poll endpoints, streams, status, and what no path matched.

import type { Context, Hono } from "@hono/hono"
import { type Access, requireAccess } from "../../../core/access/principal.ts"
import type { AppEnv } from "../../../http/peer.ts"
import { type Mop, PUBLIC } from "../mop.ts"
import type { MopSession } from "../session/mop-session.ts"
import { type CustomEndpoint, type Environment, matching, runCustom } from "./custom.ts"
import { API_LEVEL, ENDPOINTS, type Endpoint } from "./endpoints.ts"
import { Invalid, parseFields, parseObject, text } from "./fields.ts"
import type { MopRateLimits } from "./rate-limits.ts"
import { type Json, type MopResponse, MopError } from "../responses.ts"
import { noPublicSession, MopSocket } from "./socket.ts"
import { eventStream } from "./sse.ts"
import { addStatus } from "./status.ts"

const MAX_BODY = 1 << 20
type Ctx = Context<AppEnv>

export type MopSurface = {
  mop: Mop
  /** Null without --rate-limit. */
  limits: MopRateLimits | null
  custom: CustomEndpoint[]
  /** The data directory, where programs of custom endpoints run, and the environment they get. */
  directory: string
  env: Environment
}

export type MopHost = {
  accessOf(c: Ctx): Promise<Access>
  onError(error: unknown): void
  maxViewers: number
}

/** Adds the surface; must come before what limits bodies otherwise. */
export function addMop(app: Hono<AppEnv>, surface: MopSurface, around: MopHost): void {
  const { mop, limits } = surface
  app.use("/mop/*", async (c, next) => {
    requireAccess(await around.accessOf(c), c.req.path.endsWith("/mop/init") ? "admin" : "control")
    await next()
  })
  for (const endpoint of ENDPOINTS)
    app.post(endpoint.path, c =>
      answering(c, endpoint, around, async () => {
        await limits?.count(endpoint.path, c.env.peer.address)
        const body = parseFields(endpoint.fields, parseObject(await jsonText(c)))
        return respond(await endpoint.run(mop, body, sessionFor(mop, endpoint, String(body.key))))
      }),
    )
  app.get("/mop/process", () => respond(processOf(mop)))
  addStreams(app, surface, around)
  addStatus(app)
  app.on(["PUT", "PATCH", "DELETE", "OPTIONS"], "/mop/*", c => c.json({ detail: "Method Not Allowed" }, 405))
}

const STREAM = { fields: { key: text }, unknown: "Invalid Key" }

function addStreams(app: Hono<AppEnv>, { mop, limits }: MopSurface, around: MopHost): void {
  const full = (mopSession: MopSession) => mopSession.session.viewers.count >= around.maxViewers
  app.post("/mop/power/stream/read", c =>
    answering(c, {}, around, async () => {
      const { key } = parseFields(STREAM.fields, parseObject(await jsonText(c)))
      const mopSession = sessionFor(mop, STREAM, key)
      if (full(mopSession)) throw new MopError(503, "Too many streams")
      c.env.peer.stayOpen()
      return eventStream(mop, mopSession, c.req.raw.signal)
    }),
  )
  app.get("/mop/power/sock/:alias", c => {
    const alias = c.req.param("alias")
    if (c.req.header("upgrade")?.toLowerCase() !== "websocket") return c.notFound()
    const mopSession = alias === PUBLIC ? mop.publicMopSession : mop.redeem(alias)
    if (!mopSession && alias !== PUBLIC) return c.json({ status: "Invalid Key", code: 1 }, 403)
    if (mopSession && full(mopSession)) return c.json({ status: "Too many streams", code: 1 }, 503)
    const handler = mopSession ? new MopSocket(mop, mopSession, limits !== null, around.onError) : noPublicSession
    return c.env.peer.upgrade(handler, null) ?? c.notFound()
  })
}

/** The mopSession a keyed endpoint works on. Throws 403 for the public key where that may not, 404 for a key that opens nothing. */
function sessionFor(mop: Mop, endpoint: Pick<Endpoint, "unknown" | "notPublic">, key: string): MopSession {
  if (endpoint.notPublic && mop.isPublicKey(key)) throw new MopError(403, endpoint.notPublic)
  const mopSession = endpoint.unknown ? mop.find(key) : null
  if (endpoint.unknown && !mopSession) throw new MopError(404, endpoint.unknown)
  return mopSession as MopSession
}

async function answering(
  c: Ctx,
  { invalid = {} }: { invalid?: Json },
  { onError }: MopHost,
  work: () => Promise<Response>,
): Promise<Response> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof Invalid) return c.json({ detail: error.issues, ...invalid }, 422)
    const refusal = error instanceof MopError ? error : new MopError(500, "Internal error")
    if (refusal !== error) onError(error)
    return respond(refusal.answer, refusal.headers)
  }
}

function respond({ status, body }: MopResponse, headers: Record<string, string> = {}): Response {
  const text = typeof body === "string" ? body : JSON.stringify(body)
  return new Response(text, { status, headers: { "Content-Type": "application/json", ...headers } })
}

/** The body of a JSON request. Throws 413 and 415. */
async function jsonText(c: Ctx): Promise<string> {
  const type = (c.req.header("content-type") ?? "").split(";")[0]!.trim().toLowerCase()
  const body = await limitedText(c.req.raw)
  if (type !== "application/json" && (body !== "" || type !== ""))
    throw new MopError(415, "Content-Type must be application/json")
  return body
}

async function limitedText(request: Request): Promise<string> {
  const tooLarge = () => new MopError(413, `A request body is at most ${MAX_BODY} bytes`)
  if (Number(request.headers.get("content-length") ?? 0) > MAX_BODY) throw tooLarge()
  const pieces: Uint8Array[] = []
  let length = 0
  for await (const piece of request.body ?? []) {
    length += piece.length
    if (length > MAX_BODY) throw tooLarge()
    pieces.push(piece)
  }
  return Buffer.concat(pieces).toString("utf8")
}

/** 200 when there are sessions, 428 when there are none: both are normal. */
function processOf(mop: Mop): MopResponse {
  const { argv: command, serverId: server_id, count } = mop
  const common = { server_id, uptime: `${mop.uptimeS}`, version: API_LEVEL, code: 0 }
  if (count === 0) return { status: 428, body: { status: "No process is running.", command, ...common } }
  const { publicKey: pub_key, pendingWrites: pending_writes } = mop
  return { status: 200, body: { command, sessions: count, pub_key, pending_writes, ...common } }
}

/** The answer for a path that nothing else has: a custom endpoint's, or that there is none. */
export async function fallback(c: Ctx, surface: MopSurface, around: MopHost): Promise<Response> {
  const { method, path } = c.req
  if (method !== "GET" && method !== "POST" && method !== "HEAD")
    return c.json({ detail: "Method Not Allowed" }, 405)
  const endpoint = matching(surface.custom, method === "HEAD" ? "GET" : method, path)
  if (endpoint) {
    requireAccess(await around.accessOf(c), "admin")
    const { directory, env } = surface
    return answering(c, {}, around, async () =>
      runCustom(endpoint, method === "POST" ? await limitedText(c.req.raw) : "", directory, env),
    )
  }
  if (c.req.header("accept") !== "application/json") return c.text("404 Not Found", 404)
  return c.json({ status: `External endpoint at ${path.replace(/^\//, "")} is not implemented` }, 404)
}
