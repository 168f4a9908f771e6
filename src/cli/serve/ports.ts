// The TCP ports of a server: taken, made free by force, shared with workers, or given up with a sentence.

import type { Logger } from "@logtape/logtape"
import { freePort, portOwner } from "../../backends/process/port-owner.ts"
import { PtylineError } from "../../core/lib/errors.ts"
import { type Fetch, type HttpListener, type ListenAddress, listen } from "../../http/server.ts"

export type TcpAddress = Extract<ListenAddress, { port: number }>

type PortOptions = { address: TcpAddress; forcePort: boolean; shared: boolean }

/**
 * Listens. A port in use is told with the name of whoever holds it, or taken from them (`forcePort`). Throws `unavailable`. A `shared` one
 * must be free at first: two servers that share a port by mistake would each get half of the requests.
 */
export async function takePort(
  { address, forcePort, shared }: PortOptions,
  fetch: Fetch,
  log: Logger,
): Promise<HttpListener> {
  const alone = () => listen({ ...address, reusePort: shared && address.port === 0 }, fetch)
  const listener = await tryListen(alone, address, forcePort, log)
  if (!shared || address.port === 0) return listener
  await listener.stop()
  return listen({ ...address, reusePort: true }, fetch)
}

async function tryListen(
  attempt: () => HttpListener,
  { hostname, port }: TcpAddress,
  force: boolean,
  log: Logger,
): Promise<HttpListener> {
  try {
    return attempt()
  } catch (error) {
    if (!(error instanceof PtylineError) || error.details.errno !== "EADDRINUSE") throw error
    if (!force) throw taken(hostname, port)
    for (const { name, pid } of await freePort(hostname, port))
      log.warn("port {port} was held by {name} (process {pid}), which was ended", { port, name, pid })
    return attempt()
  }
}

function taken(hostname: string, port: number): PtylineError {
  const who = portOwner(hostname, port) ?? "another program"
  return new PtylineError(
    "unavailable",
    `port ${port} on ${hostname} is taken: ${who} listens there; choose another with --port`,
  )
}

/** The second port; busy is no reason not to serve (contract mop 2.7). */
export function uiPort(address: TcpAddress, fetch: Fetch, log: Logger): HttpListener | null {
  try {
    return listen(address, fetch)
  } catch (error) {
    const why = portOwner(address.hostname, address.port)
    log.warn("the UI port is not served: {error}", {
      error: `${(error as Error).message}${why ? `, ${why} listens there` : ""}`,
    })
    return null
  }
}

/** Where there are MOP's pages, the second port's root leads to them, whatever is asked for (contract mop 2.5). */
export const toPages =
  (fetch: Fetch): Fetch =>
  (request, env) =>
    new URL(request.url).pathname === "/"
      ? new Response(null, { status: 302, headers: { Location: "/ui/" } })
      : fetch(request, env)
