// The mrmd-pty surface (contract mrmd-pty, 2): the terminal socket and five calls, as a mountable Hono app.

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
const UPGRADE_NEEDED = "this path needs a WebSocket upgrade"

type MrmdOptions = {
  terminals: Terminals
  /** Returns the caller's access. Rejects with `unauthorized`. */
  accessOf: (c: Context<AppEnv>) => Promise<Access>
  onError: (error: unknown) => void
}

/** Thrown errors go to the app that mounts these routes. */
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
  for (const [path, respond] of Object.entries(POSTS))
    app.post(path, async c => {
      const fields = await fieldsOf(c)
      return fields ? respond(c, terminals, fields) : c.json({ error: "invalid JSON" }, 400)
    })
  for (const path of ["/api/pty", "/api/terminals", ...Object.keys(POSTS)])
    app.all(path, c => c.text("method not allowed", 405))
  return app
}

const tooLarge = bodyLimit({ maxSize: MAX_BODY, onError: c => c.text("request body too large", 413) })

/** The list needs view access; starting and ending shells needs admin access. */
function admission(accessOf: MrmdOptions["accessOf"]): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    const lists = c.req.path.endsWith("/api/terminals") && (c.req.method === "GET" || c.req.method === "HEAD")
    requireAccess(await accessOf(c), lists ? "view" : "admin")
    const rejection = c.req.method === "POST" ? rejectType(c) : null
    if (rejection) return rejection
    await next()
  }
}

/** Rejects forms of web pages. Programs send no Origin and need no content type. */
function rejectType(c: Context): Response | null {
  if (c.req.header("origin") === undefined) return null
  const type = (c.req.header("content-type") ?? "").split(";")[0]!.trim().toLowerCase()
  return type === "application/json" ? null : c.text("content type must be application/json", 415)
}

/** Joins or starts the terminal before the socket opens, so that the first frame is the replay. */
async function openTerminal(c: Context<AppEnv>, { terminals, onError }: MrmdOptions): Promise<Response> {
  if (c.req.header("upgrade")?.toLowerCase() !== "websocket") return c.text(UPGRADE_NEEDED, 400)
  const query = c.req.query()
  const id = query.session_id || "default"
  if (id.length > MAX_ID) return c.text(`session_id must be at most ${MAX_ID} characters`, 400)
  if (terminals.socketsOf(id) >= MAX_SOCKETS)
    return c.text(`at most ${MAX_SOCKETS} sockets per terminal`, 503)
  const { terminal, session } = await terminals.join(id, terminalRequest(query))
  const socket = new TerminalSocket(terminal, session, onError)
  return c.env.peer.upgrade(socket, null) ?? c.text(UPGRADE_NEEDED, 400)
}

/** Returns the text fields of the JSON body; null for invalid JSON. */
async function fieldsOf(c: Context): Promise<Record<string, string> | null> {
  const text = await c.req.text()
  if (jsonIn(text) === undefined) return null
  const fields = Object.entries(objectIn(text) ?? {})
  return Object.fromEntries(fields.filter((field): field is [string, string] => typeof field[1] === "string"))
}

type Respond = (c: Context, terminals: Terminals, fields: Record<string, string>) => Response

/** The calls on terminals, by path. They get the text fields of the body. */
const POSTS: Record<string, Respond> = {
  "/api/terminals/rename": (c, terminals, { session_id, name }) => {
    if (!session_id || !name) return c.json({ error: "session_id and name required" }, 400)
    if (!terminals.rename(session_id, name)) return c.json({ error: "Terminal not found" }, 404)
    return c.json({ success: true })
  },
  "/api/pty/kill": (c, terminals, { session_id = "" }) => {
    if (!terminals.kill(session_id)) return c.json({ status: "not_found" }, 404)
    return c.json({ status: "ok" })
  },
  "/api/terminals/kill-for-file": (c, terminals, { file_path }) => {
    if (!file_path) return c.json({ error: "file_path required" }, 400)
    return c.json({ killed: terminals.killForFile(file_path) })
  },
}
