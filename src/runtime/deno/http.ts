// Server for HTTP and WebSockets, from Deno. It has no idle timeout for requests, no limit for frames, and no
// event for a socket that has room again: the last two are checked here.

import type {
  ConnectionOn,
  HttpAddress,
  HttpConnection,
  HttpFetch,
  Listen,
  Socket,
  SocketHandler,
} from "../types.ts"

/** How long a WebSocket may be silent before a ping, in s. */
const IDLE_S = 60
/** Above the protocol's limit, so that an oversized frame arrives and gets the protocol's close code. */
const MAX_PAYLOAD = 8 << 20
/** Output waits in the log: only a client that causes replies and reads none of them has this much, in bytes. */
const MAX_BUFFERED = 4 << 20
/** Between two checks of a socket that is not empty, in ms. */
const CHECK_MS = 1
/** Close code of RFC 6455 for a frame that is too large. */
const TOO_LARGE = 1009

export const listen: Listen = (address, fetch) => {
  const stop = new AbortController()
  const server = Deno.serve(
    {
      ...placeOf(address),
      signal: stop.signal,
      onListen: () => {},
      onError: () => new Response("internal error", { status: 500 }),
    },
    (request, info) => respond(request, info, fetch),
  )
  return {
    port: "port" in server.addr ? server.addr.port : 0,
    stop: async () => stop.abort(),
  }
}

/** Deno reads nothing of a request after its upgrade, and stops the process unless it gets its own response. */
async function respond(request: Request, info: Deno.ServeInfo, fetch: HttpFetch): Promise<Response> {
  const connection = new DenoConnection(request, info)
  if (!isUpgrade(request)) return fetch(request, connection)
  const { url, headers, signal } = request
  const copy = new Request(url, { headers: new Headers(headers), signal })
  const response = await fetch(copy, connection)
  return connection.upgraded ?? response
}

const isUpgrade = ({ headers }: Request): boolean => headers.get("upgrade")?.toLowerCase() === "websocket"

function placeOf(address: HttpAddress): Deno.ServePlace {
  if ("unix" in address) return { path: address.unix }
  const { hostname, port, tls, reusePort = false } = address
  return { hostname, port, reusePort, ...tls }
}

class DenoConnection implements HttpConnection {
  readonly address: string | null
  /** The response to an upgraded request. */
  upgraded: Response | null = null
  #request: Request

  constructor(request: Request, info: Deno.ServeInfo) {
    this.#request = request
    this.address = "hostname" in info.remoteAddr ? info.remoteAddr.hostname : null
  }

  stayOpen(): void {}

  upgrade(handler: SocketHandler, protocol: string | null): Response | null {
    if (!isUpgrade(this.#request)) return null
    const options = { idleTimeout: IDLE_S, ...(protocol !== null && { protocol }) }
    const { socket, response } = Deno.upgradeWebSocket(this.#request, options)
    subscribe(socket, handler)
    this.upgraded = response
    return response
  }
}

function subscribe(ws: WebSocket, handler: SocketHandler): void {
  ws.binaryType = "arraybuffer"
  const socket = new DenoSocket(ws, handler)
  ws.onopen = () => handler.open(socket)
  ws.onmessage = ({ data }: MessageEvent<string | ArrayBuffer>) => {
    const size = typeof data === "string" ? data.length : data.byteLength
    if (size > MAX_PAYLOAD) ws.close(TOO_LARGE, "frame too large")
    else handler.message(typeof data === "string" ? data : new Uint8Array(data))
  }
  ws.onclose = () => {
    socket.closed()
    handler.close()
  }
}

class DenoSocket implements Socket {
  #ws: WebSocket
  #handler: SocketHandler
  #timer: ReturnType<typeof setInterval> | undefined

  constructor(ws: WebSocket, handler: SocketHandler) {
    this.#ws = ws
    this.#handler = handler
  }

  send(data: string | Uint8Array): void {
    if (this.#ws.readyState !== WebSocket.OPEN) return
    this.#ws.send(data as string | Uint8Array<ArrayBuffer>)
    if (this.#ws.bufferedAmount > MAX_BUFFERED) return this.close(1008, "too much unread output")
    if (this.#ws.bufferedAmount > 0) this.#timer ??= setInterval(() => this.#check(), CHECK_MS)
  }

  buffered(): number {
    return this.#ws.bufferedAmount
  }

  close(code: number, reason: string): void {
    if (this.#ws.readyState === WebSocket.OPEN) this.#ws.close(code, reason)
  }

  closed(): void {
    clearInterval(this.#timer)
  }

  #check(): void {
    if (this.#ws.bufferedAmount > 0) return
    clearInterval(this.#timer)
    this.#timer = undefined
    this.#handler.drain()
  }
}

/** For `Bun.serve`. `Deno.serve` needs no handlers. */
export const webSockets = {}

export const connectionOn: ConnectionOn = (request, server) =>
  isServeInfo(server) ? new DenoConnection(request, server) : null

const isServeInfo = (value: unknown): value is Deno.ServeInfo =>
  typeof value === "object" && value !== null && "remoteAddr" in value
