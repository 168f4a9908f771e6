// What a request's connection is, as the server adapter tells it; and a WebSocket as the routes see it.

/** Set by workers on what they pass on: the address of the client. */
export const PEER_HEADER = "x-ptyline-peer"

export interface Peer {
  /** The other side's address, for throttling and the log. */
  readonly address: string
  /** True on the Unix socket, whose permissions let only the owner in. */
  readonly trusted: boolean
  /** Aborts when what let the caller in is revoked; only where this connection is tied to that (tied.ts). */
  readonly gone?: AbortSignal
  /** Do not close the connection for being silent. */
  stayOpen(): void
  /** Turns the request into a WebSocket; null when it is no WebSocket request. */
  upgrade(handler: SocketHandler, protocol: string | null): Response | null
}

export interface Socket {
  send(data: string | Uint8Array): void
  /** Bytes accepted by `send` and not yet taken by the system. */
  buffered(): number
  close(code: number, reason: string): void
}

/** `open` comes first, `close` once and last. A handler must not throw. */
export interface SocketHandler {
  open(socket: Socket): void
  message(data: string | Uint8Array): void
  drain(): void
  close(): void
}

export type AppEnv = { Bindings: { peer: Peer } }
