// Routes of the native streams, SSE and WebSocket: access checks and the offset to start at.

import type { Context, Hono } from "@hono/hono"
import { z } from "zod"
import { includesAccess, type Principal, requireAccess } from "../../core/access/principal.ts"
import { PtylineError } from "../../core/lib/errors.ts"
import type { Sessions } from "../../core/registry/sessions.ts"
import type { Session } from "../../core/session/session.ts"
import { clientOf, sessionFor } from "../../ops/access/authorize.ts"
import { startOf } from "../../ops/output/read.ts"
import { parseInput } from "../../ops/parse.ts"
import { Client, Cols, From, Rows } from "../../ops/shapes.ts"
import type { SocketHandler } from "../../runtime/types.ts"
import { CloseCode, type Mode, SUBPROTOCOL } from "../../wire/attach.ts"
import type { Auth } from "../access/auth.ts"
import { presentable } from "../api/errors.ts"
import { type PrincipalOf, queryOf } from "../api/routes.ts"
import { AttachHandler } from "../attach/attach.ts"
import type { AppEnv } from "../peer.ts"
import { eventStream } from "./events.ts"
import { streamEvents } from "./output.ts"
import { type SseEvent, sseResponse } from "./sse.ts"

type Options = { sessions: Sessions; auth: Auth; onError: (error: unknown) => void; principalOf: PrincipalOf }

const Ticket = z.string().max(256).optional()
const StreamQuery = z.strictObject({
  from: From,
  encoding: z.enum(["base64", "utf8"]).default("base64"),
  ticket: Ticket,
})
const AttachQuery = z.strictObject({
  from: From,
  mode: z.enum(["view", "control"]).optional(),
  snapshot: z.enum(["auto", "never", "always"]).optional(),
  client: Client.optional(),
  take: z.boolean().default(false),
  cols: Cols.optional(),
  rows: Rows.optional(),
  ticket: Ticket,
})

export function addStreams(app: Hono<AppEnv>, options: Options): void {
  const { sessions, principalOf, onError } = options
  app.get("/v1/sessions/:id/stream", async c => {
    const { from, encoding, ticket } = parseInput(StreamQuery, queryOf(c, StreamQuery))
    const { session, principal } = await admit(c, ticket, "view", options)
    if (session.viewers.count >= viewersFor(principal, sessions))
      throw new PtylineError("limit_reached", `too many viewers: ${session.viewers.count} are attached`)
    const start = lastEventId(c) ?? startOf(session.output.reach, from)
    return sse(c, principal, signal => streamEvents(session, start, encoding, signal))
  })
  app.get("/v1/events", async c => {
    const principal = await principalOf(c)
    requireAccess(principal.access, "view")
    if (principal.session) throw new PtylineError("denied", "a share gives access to its session only")
    return sse(c, principal, signal => eventStream(sessions, lastEventId(c), signal))
  })
  app.get("/v1/sessions/:id/attach", async c => {
    const handler = await attachHandler(c, options).catch(error => rejection(error, onError))
    const response = c.env.peer.upgrade(handler, offeredProtocol(c))
    if (response) return response
    throw new PtylineError("invalid_input", "this path accepts only WebSockets; see /docs#attach")
  })
}

type Admitted = { session: Session; mode: Mode; principal: Principal }

/** Viewers that shares cannot use up: reserved for the owner and named tokens. */
const RESERVED_VIEWERS = 8

const viewersFor = ({ session }: Principal, { limits }: Sessions): number =>
  session === null ? limits.viewers : Math.max(1, limits.viewers - RESERVED_VIEWERS)

/**
 * Returns the session and mode for a caller with a matching ticket or sufficient access. Without `mode`, the
 * ticket's mode or the caller's widest access applies. Unauthorized callers cannot discover sessions.
 */
async function admit(
  c: Context<AppEnv>,
  ticket: string | undefined,
  mode: Mode | undefined,
  { sessions, auth, principalOf }: Options,
): Promise<Admitted> {
  const id = c.req.param("id")!
  if (ticket === undefined) {
    const principal = await principalOf(c)
    const widest = includesAccess(principal.access, "control") ? "control" : "view"
    requireAccess(principal.access, mode ?? widest)
    return { session: sessionFor(principal, sessions, id), mode: mode ?? widest, principal }
  }
  const granted = auth.redeemTicket(ticket)
  if (granted && granted.mode === (mode ?? granted.mode)) {
    const session = sessions.get(id)
    if (session.id === granted.sessionId) return { session, mode: granted.mode, principal: granted.principal }
  }
  throw new PtylineError("unauthorized", "this ticket is used, expired, or for another session or mode")
}

/** The stream ends when the caller disconnects or its grant is revoked. */
function sse(
  c: Context<AppEnv>,
  principal: Principal,
  events: (signal: AbortSignal) => AsyncGenerator<SseEvent>,
): Response {
  c.env.peer.stayOpen()
  const gone = new AbortController()
  for (const signal of [c.req.raw.signal, principal.gone])
    signal?.addEventListener("abort", () => gone.abort(), { signal: gone.signal })
  return sseResponse(events(gone.signal), gone)
}

function lastEventId(c: Context<AppEnv>): number | undefined {
  const id = c.req.header("last-event-id")
  if (id === undefined || id === "") return undefined
  if (/^\d{1,15}$/.test(id)) return Number(id)
  throw new PtylineError("invalid_input", `invalid Last-Event-ID: ${JSON.stringify(id)}`)
}

async function attachHandler(c: Context<AppEnv>, options: Options): Promise<SocketHandler> {
  const { sessions, onError } = options
  const query = parseInput(AttachQuery, queryOf(c, AttachQuery))
  const { from: asked, mode: wanted, snapshot, ticket, client, take, cols, rows } = query
  const { session, mode, principal } = await admit(c, ticket, wanted, options)
  if (take && mode !== "control")
    throw new PtylineError("invalid_input", "take requires mode=control, got mode=view")
  return new AttachHandler({
    session,
    mode,
    client: clientOf(principal, client),
    take,
    window: cols === undefined || rows === undefined ? null : { cols, rows },
    from: asked === undefined ? null : startOf(session.output.reach, asked),
    snapshot,
    maxViewers: viewersFor(principal, sessions),
    gone: principal.gone,
    onError,
  })
}

const CLOSES: Partial<Record<PtylineError["code"], number>> = {
  unauthorized: CloseCode.unauthorized,
  not_found: CloseCode.notFound,
  limit_reached: CloseCode.limit,
}

/** A socket that closes at once with a code: browsers hide the status of a rejected handshake from pages. */
function rejection(error: unknown, onError: Options["onError"]): SocketHandler {
  const shown = presentable(error, onError)
  const reason = new TextDecoder()
    .decode(new TextEncoder().encode(shown.message).slice(0, 120))
    .replace(/\uFFFD+$/, "")
  const ignore = () => {}
  const open: SocketHandler["open"] = socket => socket.close(CLOSES[shown.code] ?? CloseCode.policy, reason)
  return { open, message: ignore, drain: ignore, close: ignore }
}

/** The subprotocol to confirm; null if the client offers none. Throws `invalid_input` for other protocols. */
function offeredProtocol(c: Context<AppEnv>): string | null {
  const offered = c.req.header("sec-websocket-protocol")
  if (offered === undefined) return null
  if (offered.split(",").some(name => name.trim() === SUBPROTOCOL)) return SUBPROTOCOL
  throw new PtylineError(
    "invalid_input",
    `subprotocol must be ${SUBPROTOCOL}, got ${JSON.stringify(offered)}`,
  )
}
