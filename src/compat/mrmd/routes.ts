// mrmd-pty's surface (contract mrmd-pty, 2): the terminal socket and five calls, as one Hono app that can be mounted anywhere.

import { type Context, Hono, type MiddlewareHandler } from "@hono/hono"
import { bodyLimit } from "@hono/hono/body-limit"
import { type Access, requireAccess } from "../../core/access/principal.ts"
import type { AppEnv } from "../../http/peer.ts"
import { jsonIn, objectIn } from "./frames.ts"
import { terminalRequest } from "./record.ts"
import { TerminalSocket } from "./socket.ts"
import type { Terminals } from "./terminals.ts"

const MAX_BODY = 1 << 20
const MAX_ID = 4096
const MAX_SOCKETS = 64

export type MrmdOptions = {
  terminals: Terminals
  /** What the caller may do; rejects with `unauthorized`. */
  accessOf: (c: Context<AppEnv>) => Promise<Access>
  onError: (error: unknown) => void
}

/** Errors that are thrown are for the app that mounts this. */
export function mrmdRoutes(options: MrmdOptions): Hono<AppEnv> {
  const { terminals, accessOf } = options
  const app = new Hono<AppEnv>()
  const admit = admission(accessOf)
  for (const path of ["/api/pty/*", "/api/terminals/*"]) app.use(path, tooLarge, admit)
  app.get("/api/pty", c => openTerminal(c, options))
  app.get("/api/terminals", c => c.json({ terminals: terminals.list() }))
  app.post("/api/terminals", async c => {
    return c.json(terminals.allocate(terminalRequest(objectIn(await c.req.text()) ?? {})))
  })
  app.post("/api/terminals/rename", c => renamed(c, terminals))
  app.post("/api/pty/kill", c => killed(c, terminals))
  app.post("/api/terminals/kill-for-file", c => killedForFile(c, terminals))
  for (const path of ["/api/pty", "/api/terminals", ...POSTS])
    app.all(path, c => c.text("method not allowed", 405))
  return app
}

const tooLarge = bodyLimit({ maxSize: MAX_BODY, onError: c => c.text("the body is too large", 413) })

/** Who starts and ends shells needs to be an administrator; the list is for everybody who may look. */
function admission(accessOf: MrmdOptions["accessOf"]): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    const lists = c.req.path.endsWith("/api/terminals") && (c.req.method === "GET" || c.req.method === "HEAD")
    requireAccess(await accessOf(c), lists ? "view" : "admin")
    const refusal = c.req.method === "POST" ? typeRefusal(c) : null
    if (refusal) return refusal
    await next()
  }
}

const POSTS = ["/api/terminals/rename", "/api/pty/kill", "/api/terminals/kill-for-file"]

/** A page's form must not pass for a client; programs, which send no Origin, may leave the type out. */
function typeRefusal(c: Context): Response | null {
  if (c.req.header("origin") === undefined) return null
  const type = (c.req.header("content-type") ?? "").split(";")[0]!.trim().toLowerCase()
  return type === "application/json" ? null : c.text("the body must be application/json", 415)
}

/** Joins or starts the terminal of `session_id` before the socket opens, so that its first frame is the replay. */
async function openTerminal(c: Context<AppEnv>, { terminals, onError }: MrmdOptions): Promise<Response> {
  if (c.req.header("upgrade")?.toLowerCase() !== "websocket") return c.text("a WebSocket is expected", 400)
  const query = c.req.query()
  const id = query.session_id || "default"
  if (id.length > MAX_ID) return c.text(`session_id is at most ${MAX_ID} characters`, 400)
  if (terminals.socketsOf(id) >= MAX_SOCKETS) return c.text("too many sockets on this terminal", 503)
  const { terminal, session } = await terminals.join(id, terminalRequest(query))
  const socket = new TerminalSocket(terminal, session, onError)
  return c.env.peer.upgrade(socket, null) ?? c.text("a WebSocket is expected", 400)
}

/** The JSON body's text fields; null when it is no JSON. */
async function fieldsOf(c: Context): Promise<Record<string, string> | null> {
  const text = await c.req.text()
  if (jsonIn(text) === undefined) return null
  const fields = Object.entries(objectIn(text) ?? {})
  return Object.fromEntries(fields.filter((field): field is [string, string] => typeof field[1] === "string"))
}

const invalid = (c: Context): Response => c.json({ error: "invalid JSON" }, 400)

async function renamed(c: Context, terminals: Terminals): Promise<Response> {
  const fields = await fieldsOf(c)
  if (!fields) return invalid(c)
  const { session_id, name } = fields
  if (!session_id || !name) return c.json({ error: "session_id and name required" }, 400)
  if (!terminals.rename(session_id, name)) return c.json({ error: "Terminal not found" }, 404)
  return c.json({ success: true })
}

async function killed(c: Context, terminals: Terminals): Promise<Response> {
  const fields = await fieldsOf(c)
  if (!fields) return invalid(c)
  if (!terminals.kill(fields.session_id ?? "")) return c.json({ status: "not_found" }, 404)
  return c.json({ status: "ok" })
}

async function killedForFile(c: Context, terminals: Terminals): Promise<Response> {
  const fields = await fieldsOf(c)
  if (!fields) return invalid(c)
  if (!fields.file_path) return c.json({ error: "file_path required" }, 400)
  return c.json({ killed: terminals.killForFile(fields.file_path) })
}
