// The server a command talks to: the one of this state directory through its Unix socket, one at a URL, or one behind ssh.

import { existsSync } from "node:fs"
import { PtylineError } from "../../core/lib/errors.ts"
import { httpCall } from "../../http/api/client.ts"
import type { Call } from "../../ops/local.ts"
import { serverSocket, stateDirectory } from "../../store/state/directory.ts"
import { SUBPROTOCOL } from "../../wire/attach.ts"
import type { Flags, Parsed } from "../lib/flags.ts"
import { targetOf, type Variables } from "./target.ts"

/** Which server: every command that talks to one has these. */
export const CLIENT_FLAGS: Flags = {
  url: {
    type: "string",
    description: "another server: http://, https:// or ssh://host (default: PTYLINE_URL, else one's own)",
  },
  profile: {
    type: "string",
    description: "a server kept by ptyline login (default: PTYLINE_PROFILE)",
    hint: "name",
  },
}

/** A server that can be asked. */
export interface Connection extends AsyncDisposable {
  readonly call: Call
  /** How people know it. */
  readonly name: string
  /** Is it this user's own, on this machine? */
  readonly own: boolean
  fetch(path: string, init?: RequestInit): Promise<Response>
  socket(path: string): WebSocket
}

/** Where requests go and what they bring. */
type Endpoint = { base: string; socketBase: string; headers: Record<string, string>; unix?: string }

const SOCKET_ONLY = "http://localhost/"

/** The server that flags, environment and config file name. Throws `unavailable` with what was tried, so that it exits with 4. */
export async function connect({ values }: Parsed, env: Variables): Promise<Connection> {
  const target = await targetOf(values, env)
  if (!target) return (await ownServer(env)) ?? (await kept(env)) ?? fail(noServer(env))
  if (target.url.startsWith("ssh:")) return (await import("./ssh.ts")).overSsh(target.url, env, overUnix)
  const { origin, pathname } = new URL(target.url)
  const headers: Record<string, string> = target.token ? { Authorization: `Bearer ${target.token}` } : {}
  const base = origin + (pathname.endsWith("/") ? pathname : `${pathname}/`)
  return connectionBy({ base, socketBase: base.replace(/^http/, "ws"), headers }, origin, false)
}

/** The server of this state directory; null when none runs, or one left its socket and died. */
export async function ownServer(env: Variables): Promise<Connection | null> {
  const unix = serverSocket(stateDirectory(env))
  if (!existsSync(unix)) return null
  const connection = overUnix(unix, stateDirectory(env), true)
  const answers = await connection.fetch("healthz").then(
    () => true,
    () => false,
  )
  return answers ? connection : null
}

/** A server that had begun by itself ends by itself; what it kept is there all the same. */
const kept = async (env: Variables): Promise<Connection | null> =>
  (await import("./background.ts")).wakeServer(env)

const noServer = (env: Variables): PtylineError => {
  const unix = serverSocket(stateDirectory(env))
  const message = `no server runs for ${stateDirectory(env)} (tried ${unix}); start one with: ptyline serve`
  return new PtylineError("unavailable", message, { tried: [unix] })
}

function fail(error: Error): never {
  throw error
}

function overUnix(unix: string, name: string, own: boolean, close?: () => Promise<void>): Connection {
  return connectionBy(
    { base: SOCKET_ONLY, socketBase: `ws+unix://${unix}:/`, headers: {}, unix },
    name,
    own,
    close,
  )
}

function connectionBy(way: Endpoint, name: string, own: boolean, close = async () => {}): Connection {
  const fetchIt = (url: string, init: RequestInit = {}) =>
    fetch(url, { ...init, timeout: false, ...(way.unix && { unix: way.unix }) } as RequestInit)
  const token = way.headers.Authorization?.slice("Bearer ".length)
  return {
    name,
    own,
    call: withNames(httpCall(way.base, { fetch: fetchIt, token })),
    fetch: (path, init = {}) =>
      fetchIt(way.base + path, { ...init, headers: { ...way.headers, ...(init.headers as object) } }),
    socket: path => {
      const options = { protocols: [SUBPROTOCOL], headers: way.headers }
      const socket = new WebSocket(way.socketBase + path, options as unknown as string[])
      socket.binaryType = "arraybuffer"
      return socket
    },
    [Symbol.asyncDispose]: close,
  }
}

/** A session that is not there is told with the names that are close. */
function withNames(call: Call): Call {
  return async (name, input) => {
    try {
      return await call(name, input)
    } catch (error) {
      const { id } = input as { id?: unknown }
      if (!(error instanceof PtylineError) || error.code !== "not_found" || typeof id !== "string")
        throw error
      throw new PtylineError("not_found", error.message + (await meant(call, id)), error.details)
    }
  }
}

async function meant(call: Call, id: string): Promise<string> {
  const { sessions } = await call("list", {}).catch(() => ({ sessions: [] }))
  const { nearest } = await import("../lib/nearest.ts")
  const close = nearest(
    id,
    sessions.map(session => session.name ?? session.id),
  )
  return close.length > 0 ? `; did you mean ${close.join(", ")}?` : ""
}
