// Request handler of a worker: forwards every request to the core over its Unix socket.

import { dialFetch } from "#runtime/dial.ts"
import { PtylineError } from "../../core/lib/errors.ts"
import { errorBody, STATUS } from "../api/errors.ts"
import type { Peer } from "../peer.ts"
import { endToEnd, requestHeaders } from "./headers.ts"
import { openTunnel } from "./tunnel.ts"

/** Largest request body read before the request is sent, in bytes; the core rejects larger ones. */
const WHOLE_BODY = 8 << 20

/** Returns a handler that forwards to the core at `unix`. WebSockets become tunnels. */
export function forwardTo(unix: string): (request: Request, env: { peer: Peer }) => Promise<Response> {
  return async (request, { peer }) => {
    try {
      const isSocket = request.headers.get("upgrade")?.toLowerCase() === "websocket"
      return isSocket ? await openTunnel(unix, request, peer) : await forward(unix, request, peer)
    } catch (error) {
      if (request.signal.aborted) return new Response(null, { status: 499 })
      const code = (error as NodeJS.ErrnoException).code ?? "connection lost"
      const shown = new PtylineError("unavailable", `the server's core process does not respond: ${code}`)
      return Response.json(errorBody(shown), { status: STATUS.unavailable })
    }
  }
}

async function forward(unix: string, request: Request, peer: Peer): Promise<Response> {
  const { method, signal } = request
  const isWhole = Number(request.headers.get("content-length") ?? Number.NaN) <= WHOLE_BODY
  const body = isWhole ? await request.arrayBuffer() : request.body
  peer.stayOpen() // the core decides how long a request may wait
  const { pathname, search } = new URL(request.url)
  const init = { method, signal, body, headers: requestHeaders(request, peer), redirect: "manual" as const }
  const response = await dialFetch(`http://core${pathname}${search}`, { ...init, unix, raw: true })
  return new Response(response.body, { status: response.status, headers: endToEnd(response.headers) })
}
