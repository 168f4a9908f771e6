// Who can reach a server, and what it must have to be reached by others.

import { isIPv4 } from "node:net"
import { PtylineError } from "../../core/lib/errors.ts"

/** Where it will listen, and with what protection. */
type Exposed = { address: { hostname: string; tls?: unknown }; auth: boolean; ssl: boolean }

/** A terminal server is remote code execution: beyond this machine it needs TLS, or words that say one knows. */
export function refuseExposure({ address, auth, ssl }: Exposed, insecure: boolean): void {
  if (isLoopback(address.hostname) || insecure) return
  const host = address.hostname
  if (!auth)
    throw new PtylineError(
      "denied",
      `--no-auth on ${host} gives everybody a shell; add --insecure if that is meant`,
    )
  if (!address.tls && !ssl)
    throw new PtylineError(
      "denied",
      `${host} is not this machine alone: give --ssl, or --tls-cert and --tls-key, or --insecure`,
    )
}

/** Does this address only reach this machine? */
export const isLoopback = (host: string): boolean =>
  host === "localhost" || host === "::1" || (isIPv4(host) && host.startsWith("127."))
