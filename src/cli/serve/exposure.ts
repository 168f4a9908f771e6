// Checks that a server reachable from other machines is protected.

import { isIPv4 } from "node:net"
import { PtylineError } from "../../core/lib/errors.ts"

/** The address to listen on, and its protection. */
type Exposed = { address: { hostname: string; tls?: unknown }; auth: boolean; ssl: boolean }

/** Throws `denied` for an address that other machines can reach without TLS or token, unless `insecure`. */
export function refuseExposure({ address, auth, ssl }: Exposed, insecure: boolean): void {
  if (isLoopback(address.hostname) || insecure) return
  const host = address.hostname
  if (!auth)
    throw new PtylineError(
      "denied",
      `--no-auth on ${host} gives a shell to anyone who reaches the port; add --insecure to allow it`,
    )
  if (!address.tls && !ssl)
    throw new PtylineError(
      "denied",
      `other machines can reach ${host}: add --ssl, or --tls-cert and --tls-key, or --insecure`,
    )
}

/** Reports whether only this machine can reach the address. */
export const isLoopback = (host: string): boolean =>
  host === "localhost" || host === "::1" || (isIPv4(host) && host.startsWith("127."))
