// Server for HTTP and WebSockets, from Bun.

import type { ConnectionOn, HttpConnection, Listen, Socket, SocketHandler } from "../types.ts"

type Data = { handler: SocketHandler }
type Server = Bun.Server<Data>

/** Longest silence, in s, within a request and between the requests of a kept-alive connection. */
const IDLE_S = 30
/** On a Unix socket a request's own timeout has no effect. Bun accepts this option; its types do not. */
const NEVER_IDLE: object = { idleTimeout: 0 }
/** Above the protocol's limit, so that an oversized frame arrives and gets the protocol's close code. */
const MAX_PAYLOAD = 8 << 20

export const listen: Listen = (address, fetch) => {
  const options = {
    fetch: (request: Request, server: Server) => fetch(request, new BunConnection(request, server)),
    error: () => new Response("internal error", { status: 500 }),
    websocket: webSockets,
  }
  const server =
    "unix" in address
      ? Bun.serve<Data>({ ...options, unix: address.unix, ...NEVER_IDLE })
      : Bun.serve<Data>({ ...options, ...address, idleTimeout: IDLE_S })
  return { port: server.port ?? 0, stop: () => server.stop(true) }
}

class BunConnection implements HttpConnection {
  #request: Request
  #server: Server

  constructor(request: Request, server: Server) {
    this.#request = request
    this.#server = server
  }

  get address(): string | null {
    return this.#server.requestIP(this.#request)?.address ?? null
  }

  stayOpen(): void {
    this.#server.timeout(this.#request, 0)
  }

  upgrade(handler: SocketHandler, protocol: string | null): Response | null {
    const headers = protocol === null ? undefined : { "Sec-WebSocket-Protocol": protocol }
    if (!this.#server.upgrade(this.#request, { data: { handler }, headers })) return null
    return new Response(null)
  }

  finish(response: Response): Response {
    return response
  }
}

/** Handlers of upgraded sockets. In another app's `Bun.serve` they ignore that app's own sockets. */
export const webSockets: Bun.WebSocketHandler<Data> = {
  idleTimeout: 60,
  sendPings: true,
  maxPayloadLength: MAX_PAYLOAD,
  // output waits in the log, not here: only a client that causes replies and reads none of them gets this far
  backpressureLimit: 4 << 20,
  closeOnBackpressureLimit: true,
  perMessageDeflate: false,
  open: ws => ws.data?.handler?.open(socketOf(ws)),
  message: (ws, data) => ws.data?.handler?.message(data),
  drain: ws => ws.data?.handler?.drain(),
  close: ws => ws.data?.handler?.close(),
}

export const connectionOn: ConnectionOn = (request, server) =>
  isServer(server) ? new BunConnection(request, server) : null

const isServer = (value: unknown): value is Server =>
  typeof value === "object" && value !== null && "upgrade" in value && "requestIP" in value

function socketOf(ws: Bun.ServerWebSocket<Data>): Socket {
  return {
    send: data => void ws.send(data as string | Uint8Array<ArrayBuffer>),
    buffered: () => ws.getBufferedAmount(),
    close: (code, reason) => ws.close(code, reason),
  }
}
