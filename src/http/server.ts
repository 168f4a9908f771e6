// HTTP server adapter: the only file under http/ that uses Bun's server.

import { chmodSync } from "node:fs"
import { PtylineError } from "../core/lib/errors.ts"
import { PEER_HEADER, type Peer, type Socket, type SocketHandler } from "./peer.ts"

export type Fetch = (request: Request, env: { peer: Peer }) => Response | Promise<Response>
export type ListenAddress =
  | {
      hostname: string
      port: number
      tls?: { cert: string; key: string }
      /** Lets other processes of this user listen on the same port. */
      reusePort?: boolean
    }
  /** `forwarded`: requests come from workers and carry their client's address in a header. */
  | { unix: string; forwarded?: boolean }
export type HttpListener = { port: number; stop(): Promise<void> }

type Data = { handler: SocketHandler }
type BunSocket = Bun.ServerWebSocket<Data>

/** Longest silence, in s, within a request and between the requests of a kept-alive connection. */
const IDLE_S = 30
/** On a Unix socket a request's own timeout has no effect. Bun accepts this option; its types do not. */
const NEVER_IDLE: object = { idleTimeout: 0 }
/** Above the protocol's limit, so that an oversized frame arrives and gets the protocol's close code. */
const MAX_PAYLOAD = 8 << 20

/** Starts a server. Throws `unavailable` when the address is in use or not allowed. */
export function listen(address: ListenAddress, fetch: Fetch): HttpListener {
  const isUnix = "unix" in address
  const trusted = isUnix && !address.forwarded
  const options = {
    fetch: (request: Request, server: Bun.Server<Data>) =>
      fetch(request, { peer: new BunPeer(request, server, trusted, isUnix) }),
    error: () => new Response("internal error", { status: 500 }),
    websocket: webSockets,
  }
  try {
    const server = isUnix
      ? Bun.serve<Data>({ ...options, unix: address.unix, ...NEVER_IDLE })
      : Bun.serve<Data>({ ...options, ...address, idleTimeout: IDLE_S })
    if (isUnix) chmodSync(address.unix, 0o600)
    return { port: server.port ?? 0, stop: () => server.stop(true) }
  } catch (error) {
    throw unavailable(address, error)
  }
}

function unavailable(address: ListenAddress, error: unknown): PtylineError {
  const where = "unix" in address ? address.unix : `${address.hostname}:${address.port}`
  const { code, message } = error as NodeJS.ErrnoException
  return new PtylineError("unavailable", `cannot listen on ${where}: ${code ?? message}`, {
    where,
    errno: code,
  })
}

class BunPeer implements Peer {
  readonly trusted: boolean
  #request: Request
  #server: Bun.Server<Data>
  #forwarded: boolean

  constructor(request: Request, server: Bun.Server<Data>, trusted: boolean, isUnix: boolean) {
    this.#request = request
    this.#server = server
    this.trusted = trusted
    this.#forwarded = isUnix && !trusted
  }

  get address(): string {
    if (this.#forwarded) return this.#request.headers.get(PEER_HEADER) ?? "unknown"
    return this.trusted ? "local" : (this.#server.requestIP(this.#request)?.address ?? "unknown")
  }

  stayOpen(): void {
    this.#server.timeout(this.#request, 0)
  }

  upgrade(handler: SocketHandler, protocol: string | null): Response | null {
    const headers = protocol === null ? undefined : { "Sec-WebSocket-Protocol": protocol }
    if (!this.#server.upgrade(this.#request, { data: { handler }, headers })) return null
    return new Response(null)
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

/** The peer of a request to another app's server. Without a Bun server it cannot upgrade to a WebSocket. */
export function peerOn(request: Request, server: unknown): Peer {
  if (isBunServer(server)) return new BunPeer(request, server, false, false)
  return { address: "unknown", trusted: false, stayOpen: () => {}, upgrade: () => null }
}

const isBunServer = (value: unknown): value is Bun.Server<Data> =>
  typeof value === "object" && value !== null && "upgrade" in value && "requestIP" in value

function socketOf(ws: BunSocket): Socket {
  return {
    send: data => void ws.send(data as string | Uint8Array<ArrayBuffer>),
    buffered: () => ws.getBufferedAmount(),
    close: (code, reason) => ws.close(code, reason),
  }
}
