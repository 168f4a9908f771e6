// A worker's way to the core: every request goes on over the core's Unix socket, and its answer comes back as it is.

import { PtylineError } from "../../core/lib/errors.ts"
import { errorBody, STATUS } from "../api/errors.ts"
import { PEER_HEADER, type Peer } from "../peer.ts"
import { openTunnel } from "./tunnel.ts"

/** Bodies up to this size, in bytes, are read before the request goes on; the core refuses longer ones. */
const WHOLE_BODY = 8 << 20
/** Between two neighbours only (RFC 9110, 7.6.1). */
const HOP_BY_HOP = ["connection", "keep-alive", "proxy-connection", "te", "transfer-encoding", "upgrade"]

/** Answers requests with what the core at `unix` answers. WebSockets become tunnels. */
export function forwardTo(unix: string): (request: Request, env: { peer: Peer }) => Promise<Response> {
  return async (request, { peer }) => {
    try {
      const isSocket = request.headers.get("upgrade")?.toLowerCase() === "websocket"
      return isSocket ? await openTunnel(unix, request, peer) : await forward(unix, request, peer)
    } catch (error) {
      if (request.signal.aborted) return new Response(null, { status: 499 })
      const { code } = error as NodeJS.ErrnoException
      const shown = new PtylineError(
        "unavailable",
        `the server behind this port does not answer (${code ?? "lost"})`,
      )
      return Response.json(errorBody(shown), { status: STATUS.unavailable })
    }
  }
}

async function forward(unix: string, request: Request, peer: Peer): Promise<Response> {
  const { method, signal } = request
  const whole = Number(request.headers.get("content-length") ?? Number.NaN) <= WHOLE_BODY
  const body = whole ? await request.arrayBuffer() : request.body
  peer.stayOpen() // whoever waits for an answer may wait long; how long, the core knows
  const { pathname, search } = new URL(request.url)
  const init = { method, signal, body, headers: headersFor(request, peer), redirect: "manual" as const }
  // what Bun's fetch knows besides: a Unix socket, and bodies that stay as they are encoded
  const answer = await fetch(`http://core${pathname}${search}`, {
    ...init,
    unix,
    decompress: false,
  } as RequestInit)
  const headers = new Headers(answer.headers)
  for (const name of HOP_BY_HOP) headers.delete(name)
  return new Response(answer.body, { status: answer.status, headers })
}

/** The client's headers, and who it is. Nobody but a worker can say that: the core believes it on its workers' socket only. */
export function headersFor({ headers: given }: Request, { address }: Peer): Headers {
  const headers = new Headers(given)
  for (const name of HOP_BY_HOP) headers.delete(name)
  headers.set(PEER_HEADER, address)
  return headers
}
