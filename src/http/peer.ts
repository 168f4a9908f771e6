// Connections as the routes see them.

import type { SocketHandler } from "../runtime/types.ts"

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

export type AppEnv = { Bindings: { peer: Peer } }
