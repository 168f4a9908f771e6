// Servers of the routes: on an address or a Unix socket, and inside another app.

import { chmodSync } from "node:fs"
import { connectionOn, listen as listenOn } from "#runtime/http.ts"
import { PtylineError } from "../core/lib/errors.ts"
import type { HttpAddress, HttpConnection, HttpListener, SocketHandler } from "../runtime/types.ts"
import { PEER_HEADER, type Peer } from "./peer.ts"

export type Fetch = (request: Request, env: { peer: Peer }) => Response | Promise<Response>
/** `forwarded`: requests come from workers and carry their client's address in a header. */
export type ListenAddress = HttpAddress & { forwarded?: boolean }

/** Starts a server. Throws `unavailable` when the address is in use or not allowed. */
export function listen(address: ListenAddress, fetch: Fetch): HttpListener {
  const { forwarded = false, ...where } = address
  const access = "unix" in where ? (forwarded ? "forwarded" : "trusted") : "network"
  try {
    const listener = listenOn(where, (request, connection) =>
      fetch(request, { peer: new ConnectionPeer(request, connection, access) }),
    )
    if ("unix" in where) chmodSync(where.unix, 0o600)
    return listener
  } catch (error) {
    throw unavailable(where, error)
  }
}

function unavailable(address: HttpAddress, error: unknown): PtylineError {
  const where = "unix" in address ? address.unix : `${address.hostname}:${address.port}`
  const { code, message } = error as NodeJS.ErrnoException
  return new PtylineError("unavailable", `cannot listen on ${where}: ${code ?? message}`, {
    where,
    errno: code,
  })
}

class ConnectionPeer implements Peer {
  #request: Request
  #connection: HttpConnection
  #access: "network" | "trusted" | "forwarded"

  constructor(request: Request, connection: HttpConnection, access: "network" | "trusted" | "forwarded") {
    this.#request = request
    this.#connection = connection
    this.#access = access
  }

  get trusted(): boolean {
    return this.#access === "trusted"
  }

  get address(): string {
    if (this.#access === "forwarded") return this.#request.headers.get(PEER_HEADER) ?? "unknown"
    return this.trusted ? "local" : (this.#connection.address ?? "unknown")
  }

  stayOpen(): void {
    this.#connection.stayOpen()
  }

  upgrade(handler: SocketHandler, protocol: string | null): Response | null {
    return this.#connection.upgrade(handler, protocol)
  }

  finish(response: Response): Response {
    return this.#connection.finish(response)
  }
}

/** `finish`: see `HttpConnection`. */
type ForeignPeer = Peer & Pick<HttpConnection, "finish">

/** The peer of a request to another app's server. Without its server it cannot upgrade to a WebSocket. */
export function peerOn(request: Request, server: unknown): ForeignPeer {
  const connection = connectionOn(request, server)
  if (connection) return new ConnectionPeer(request, connection, "network")
  const nothing = { stayOpen: () => {}, upgrade: () => null, finish: (response: Response) => response }
  return { address: "unknown", trusted: false, ...nothing }
}
