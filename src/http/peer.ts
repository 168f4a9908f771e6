// Connections and WebSockets as the routes see them. The server adapter implements both.

/** Header that workers add to forwarded requests: the client's address. */
export const PEER_HEADER = "x-ptyline-peer"

export interface Peer {
  /** The client's address, for throttling and the log. */
  readonly address: string
  /** True on the Unix socket, whose file permissions admit only the server's user. */
  readonly trusted: boolean
  /** Aborts when the caller's grant is revoked. Set on connections that are bound to it (grant-bound.ts). */
  readonly gone?: AbortSignal
  /** Turns the idle timeout off for this connection. */
  stayOpen(): void
  /** Upgrades the request to a WebSocket. Returns null if it is not a WebSocket request. */
  upgrade(handler: SocketHandler, protocol: string | null): Response | null
}

export interface Socket {
  send(data: string | Uint8Array): void
  /** Bytes that `send` accepted and the system has not taken yet. */
  buffered(): number
  close(code: number, reason: string): void
}

/** `open` is called first, `close` last and once. A handler must not throw. */
export interface SocketHandler {
  open(socket: Socket): void
  message(data: string | Uint8Array): void
  drain(): void
  close(): void
}

export type AppEnv = { Bindings: { peer: Peer } }
