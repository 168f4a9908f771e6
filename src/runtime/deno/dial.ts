// Requests to other servers, with the options that only Deno's clients have.

import type { DialFetch, DialWebSocket } from "../types.ts"

/** Clients of Unix sockets by path. They keep connections open and are never closed. */
const clients = new Map<string, Deno.HttpClient>()

function clientOf(unix: string | undefined): { client?: Deno.HttpClient } {
  if (unix === undefined) return {}
  const client =
    clients.get(unix) ?? Deno.createHttpClient({ proxy: { transport: "unix", path: unix }, allowHost: true })
  clients.set(unix, client)
  return { client }
}

/** Deno decompresses every body, so `raw` asks the server for one that is not compressed. */
export const dialFetch: DialFetch = (url, { unix, raw, ...init } = {}) => {
  const headers = new Headers(init.headers)
  if (raw) headers.set("accept-encoding", "identity")
  return fetch(url, { ...init, headers, ...clientOf(unix) } as RequestInit)
}

export const dialWebSocket: DialWebSocket = (url, { unix, ...options }) =>
  new WebSocket(url, { ...options, ...clientOf(unix) } as unknown as string[])
