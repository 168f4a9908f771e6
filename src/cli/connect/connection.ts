// A connection to a server over HTTP or a Unix socket, and the server of this user's state directory.

import { existsSync } from "node:fs"
import { dialFetch, dialWebSocket } from "#runtime/dial.ts"
import { hasCode, PtylineError } from "../../core/lib/errors.ts"
import { httpCall } from "../../http/api/client.ts"
import type { Call } from "../../ops/local.ts"
import { serverSocket, stateDirectory } from "../../store/state/directory.ts"
import { SUBPROTOCOL } from "../../wire/attach.ts"
import type { Variables } from "../lib/flags.ts"

/** A server that commands can call. */
export interface ServerConnection extends AsyncDisposable {
  readonly call: Call
  /** The server's address, or its state directory, for messages. */
  readonly name: string
  /** True for this user's server on this machine. */
  readonly own: boolean
  fetch(path: string, init?: RequestInit): Promise<Response>
  socket(path: string): WebSocket
}

/** The base URL of requests and the headers to send. */
type Endpoint = { base: string; headers: Record<string, string>; unix?: string }

const SOCKET_ONLY = "http://localhost/"

/** Returns the server of this state directory, or null when none runs or its socket is stale. */
export async function ownServer(env: Variables): Promise<ServerConnection | null> {
  const unix = serverSocket(stateDirectory(env))
  if (!existsSync(unix)) return null
  const connection = overUnix(unix, stateDirectory(env), true)
  const responds = await connection.fetch("healthz").then(
    () => true,
    () => false,
  )
  return responds ? connection : null
}

/** Connects to the server at a URL, with or without a token. */
export function overHttp(url: string, token: string | undefined): ServerConnection {
  const { origin, pathname } = new URL(url)
  const headers: Record<string, string> = token ? { Authorization: `Bearer ${token}` } : {}
  const base = origin + (pathname.endsWith("/") ? pathname : `${pathname}/`)
  return connectionTo({ base, headers }, origin, false)
}

/** Connects to the server that listens on a Unix socket. `close` releases the caller's resources. */
export function overUnix(
  unix: string,
  name: string,
  own: boolean,
  close?: () => Promise<void>,
): ServerConnection {
  return connectionTo({ base: SOCKET_ONLY, headers: {}, unix }, name, own, close)
}

function connectionTo(
  endpoint: Endpoint,
  name: string,
  own: boolean,
  close = async () => {},
): ServerConnection {
  const { base, headers, unix } = endpoint
  const send = (url: string, init: RequestInit = {}) => dialFetch(url, { ...init, unix })
  const token = headers.Authorization?.slice("Bearer ".length)
  return {
    name,
    own,
    call: withSuggestions(httpCall(base, { fetch: send, token })),
    fetch: (path, init = {}) =>
      send(base + path, { ...init, headers: { ...headers, ...(init.headers as object) } }),
    socket: path => {
      const url = base.replace(/^http/, "ws") + path
      const socket = dialWebSocket(url, { protocols: [SUBPROTOCOL], headers, unix })
      socket.binaryType = "arraybuffer"
      return socket
    },
    [Symbol.asyncDispose]: close,
  }
}

/** Adds similar session names to a `not_found` error. */
function withSuggestions(call: Call): Call {
  return async (name, input) => {
    try {
      return await call(name, input)
    } catch (error) {
      const { id } = input as { id?: unknown }
      if (!hasCode(error, "not_found") || typeof id !== "string") throw error
      throw new PtylineError("not_found", error.message + (await suggestion(call, id)), error.details)
    }
  }
}

async function suggestion(call: Call, id: string): Promise<string> {
  const { sessions } = await call("list", {}).catch(() => ({ sessions: [] }))
  const { nearest } = await import("../lib/nearest.ts")
  const close = nearest(
    id,
    sessions.map(session => session.name ?? session.id),
  )
  return close.length > 0 ? `; did you mean ${close.join(", ")}?` : ""
}
