// Mounts a core's surfaces as routes in another app, under any path.

import { type Context, Hono, type MiddlewareHandler } from "@hono/hono"
import type { Access } from "../core/access/principal.ts"
import type { GuardOptions } from "../http/access/guard.ts"
import { createApp } from "../http/app.ts"
import type { AppEnv } from "../http/peer.ts"
import { peerOn } from "../http/server.ts"
import type { Ptyline } from "./ptyline.ts"

export type RoutesOptions = {
  /** The native API: /v1, /openapi.json, /docs, /healthz, /readyz, /metrics. Default true. */
  native?: boolean
  /** mrmd-pty's paths: /api/pty, /api/terminals. */
  mrmd?: boolean
  /** MOP's paths. */
  mop?: boolean
  /** The page, which works only at the root of a server. */
  page?: boolean
  /** Allowed hosts and origins. "host": the app has checked them; the routes accept all of them. */
  guard?: Partial<GuardOptions> | "host"
  /** Returns what the app's user may do; null gives 401. If missing, the core's token decides. */
  access?: (c: Context) => Access | null | Promise<Access | null>
  /** Called with internal errors. */
  onError?: (error: unknown) => void
}

/**
 * Returns the routes as a Hono app: `app.route("/x", ptylineRoutes(ptyline))`, or `Bun.serve({ fetch:
 * routes.fetch, websocket: ptyline.websocket })`, or `Deno.serve(routes.fetch)`. WebSockets need what both
 * servers pass to `fetch` as the app's env.
 */
export function ptylineRoutes(ptyline: Ptyline, options: RoutesOptions = {}): Hono {
  const { native = true, mrmd = false, page = false, mop = false, access, guard = {} } = options
  const open = { allowHosts: [], allowOrigins: [], secure: false }
  const app = createApp({
    sessions: ptyline.sessions,
    auth: ptyline.auth,
    facts: ptyline.host.facts,
    guard: guard === "host" ? open : { ...open, ...guard },
    guarded: guard !== "host",
    access: access && (c => access(c)),
    cookieName: () => "ptyline",
    onError: options.onError ?? (error => console.error(error)),
    mop: mop ? ptyline.mop : null,
    mrmd: mrmd ? ptyline.terminals : undefined,
    native,
    page,
  })
  const routes = new Hono<AppEnv>()
  routes.use(withPeer)
  routes.route("/", app)
  return routes as unknown as Hono
}

/** Gives the routes their connection, from any env of the app, and restores the app's own env afterwards. */
const withPeer: MiddlewareHandler<AppEnv> = async (c, next) => {
  const env: unknown = c.env
  const peer = peerIn(c.req.raw, env)
  c.env = { peer }
  await next()
  c.env = env as AppEnv["Bindings"]
  const response = peer.finish(c.res)
  if (response === c.res) return
  // without this, Hono would copy the response to add the headers of the former one
  c.res = undefined
  c.res = response
}

function peerIn(request: Request, env: unknown): ReturnType<typeof peerOn> {
  if (typeof env !== "object" || env === null) return peerOn(request, null)
  return peerOn(request, "server" in env ? env.server : env)
}
