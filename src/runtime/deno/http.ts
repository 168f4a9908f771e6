// Server for HTTP and WebSockets, from Deno. It has no idle timeout for requests, no limit for frames, and no
// event for a socket that has room again: the last two are checked here.

import type { ConnectionOn, HttpAddress, HttpConnection, Listen, Socket, SocketHandler } from "../types.ts"

/** How long a WebSocket may be silent before a ping, in s. */
const IDLE_S = 60
/** Above the protocol's limit, so that an oversized frame arrives and gets the protocol's close code. */
const MAX_PAYLOAD = 8 << 20
/** Output waits in the log: only a client that causes replies and reads none has this much, in bytes. */
const MAX_BUFFERED = 4 << 20
/** Most messages of a socket that is not empty: each costs Deno half a KB besides its bytes. */
const MAX_MESSAGES = 16_384
/** Between two checks of a socket that is not empty, in ms. */
const CHECK_MS = 1
/** How often a socket that closes looks for late messages. */
const CLOSE_LOOKS = 50
/** Close codes of RFC 6455. */
const CloseCode = { policy: 1008, tooLarge: 1009 }

export const listen: Listen = (address, fetch) => {
  const stop = new AbortController()
  const server = Deno.serve(
    {
      ...placeOf(address),
      signal: stop.signal,
      onListen: () => {},
      onError: () => new Response("internal error", { status: 500 }),
    },
    async (request, info) => {
      const connection = new DenoConnection(request, info)
      return connection.finish(await fetch(request, connection))
    },
  )
  return {
    port: "port" in server.addr ? Number(server.addr.port) : 0,
    stop: async () => stop.abort(),
  }
}

const isUpgrade = ({ headers }: Request): boolean => headers.get("upgrade")?.toLowerCase() === "websocket"

function placeOf(address: HttpAddress) {
  if ("unix" in address) return { path: address.unix }
  const { hostname, port, tls, reusePort = false } = address
  return { hostname, port, reusePort, ...tls }
}

/**
 * Upgrades last of all: nothing of a request can be read after its upgrade, and Deno stops the process unless
 * it gets its own response, which a middleware might have replaced.
 */
class DenoConnection implements HttpConnection {
  readonly address: string | null
  #request: Request
  #upgrade: { handler: SocketHandler; protocol: string | null } | null = null

  constructor(request: Request, info: Deno.ServeHandlerInfo) {
    this.#request = request
    this.address = "hostname" in info.remoteAddr ? info.remoteAddr.hostname : null
  }

  stayOpen(): void {}

  upgrade(handler: SocketHandler, protocol: string | null): Response | null {
    if (!isUpgrade(this.#request)) return null
    this.#upgrade = { handler, protocol }
    return new Response(null)
  }

  finish(answer: Response): Response {
    if (!this.#upgrade || !answer.ok) return answer
    const { handler, protocol } = this.#upgrade
    const options = { idleTimeout: IDLE_S, ...(protocol !== null && { protocol }) }
    const { socket, response } = Deno.upgradeWebSocket(this.#request, options)
    subscribe(socket, handler)
    return response
  }
}

function subscribe(ws: WebSocket, handler: SocketHandler): void {
  ws.binaryType = "arraybuffer"
  const socket = new DenoSocket(ws, handler)
  ws.onopen = () => handler.open(socket)
  ws.onmessage = ({ data }: MessageEvent<string | ArrayBuffer>) => socket.received(data)
  ws.onclose = () => {
    socket.closed()
    handler.close()
  }
}

class DenoSocket implements Socket {
  #ws: WebSocket
  #handler: SocketHandler
  #timer: ReturnType<typeof setInterval> | undefined
  /** Sent since the socket was last seen empty. */
  #messages = 0
  /** After `close`: the messages that came since the last look. */
  #late: number | null = null

  constructor(ws: WebSocket, handler: SocketHandler) {
    this.#ws = ws
    this.#handler = handler
  }

  send(data: string | Uint8Array): void {
    if (this.#late !== null || this.#ws.readyState !== WebSocket.OPEN) return
    this.#ws.send(data as string | Uint8Array<ArrayBuffer>)
    const { bufferedAmount } = this.#ws
    this.#messages = bufferedAmount > 0 ? this.#messages + 1 : 0
    if (bufferedAmount > MAX_BUFFERED || this.#messages > MAX_MESSAGES)
      return this.close(CloseCode.policy, "too much unread output")
    if (bufferedAmount > 0) this.#timer ??= setInterval(() => this.#check(), CHECK_MS)
  }

  buffered(): number {
    return this.#ws.bufferedAmount
  }

  received(data: string | ArrayBuffer): void {
    const size = typeof data === "string" ? data.length : data.byteLength
    if (this.#late !== null) this.#late++
    else if (size > MAX_PAYLOAD) this.close(CloseCode.tooLarge, "frame too large")
    else this.#handler.message(typeof data === "string" ? data : new Uint8Array(data))
  }

  close(code: number, reason: string): void {
    if (this.#late !== null) return
    this.#late = 0
    this.#closeWhenQuiet(code, reason, CLOSE_LOOKS)
  }

  closed(): void {
    clearInterval(this.#timer)
  }

  /** Deno breaks the connection, without the code, when it closes a socket and messages still arrive. */
  #closeWhenQuiet(code: number, reason: string, looks: number): void {
    setTimeout(() => {
      const quiet = this.#late === 0
      this.#late = 0
      if (!quiet && looks > 0) this.#closeWhenQuiet(code, reason, looks - 1)
      else if (this.#ws.readyState === WebSocket.OPEN) this.#ws.close(code, reason)
    }, CHECK_MS)
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

const isServeInfo = (value: unknown): value is Deno.ServeHandlerInfo =>
  typeof value === "object" && value !== null && "remoteAddr" in value
