// Listens on TCP ports: reports who occupies a port, or frees it with --force-port.

import type { Logger } from "@logtape/logtape"
import { freePort, portOwner } from "../../backends/process/port-owner.ts"
import { PtylineError } from "../../core/lib/errors.ts"
import { type Fetch, type ListenAddress, listen } from "../../http/server.ts"
import type { HttpListener } from "../../runtime/types.ts"

export type TcpAddress = Extract<ListenAddress, { port: number }>

type PortOptions = { address: TcpAddress; forcePort: boolean; shared: boolean }

/**
 * Listens. Throws `unavailable` with the owner of a port in use, or ends that process with `forcePort`.
 * A `shared` port must be free at first: two servers that share one by mistake would each get half of the
 * requests.
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
      log.warn("ended {name} (process {pid}), which occupied port {port}", { port, name, pid })
    return attempt()
  }
}

function taken(hostname: string, port: number): PtylineError {
  const owner = portOwner(hostname, port) ?? "another program"
  return new PtylineError(
    "unavailable",
    `port ${port} on ${hostname} is taken by ${owner}; choose another with --port`,
  )
}

/** Listens on the second port. Logs a warning if it is taken (contract mop 2.7). */
export function uiPort(address: TcpAddress, fetch: Fetch, log: Logger): HttpListener | null {
  try {
    return listen(address, fetch)
  } catch (error) {
    const owner = portOwner(address.hostname, address.port)
    log.warn("cannot listen on the UI port: {error}", {
      error: `${(error as Error).message}${owner ? `, taken by ${owner}` : ""}`,
    })
    return null
  }
}

/** Redirects the root to MOP's pages, for every method (contract mop 2.5). */
export const toPages =
  (fetch: Fetch): Fetch =>
  (request, env) =>
    new URL(request.url).pathname === "/"
      ? new Response(null, { status: 302, headers: { Location: "/ui/" } })
      : fetch(request, env)
