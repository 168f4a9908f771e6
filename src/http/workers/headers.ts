// Headers of a request that a worker passes on to the core.

import { PEER_HEADER, type Peer } from "../peer.ts"

/** For the next hop only (RFC 9110, 7.6.1). */
const HOP_BY_HOP = ["connection", "keep-alive", "proxy-connection", "te", "transfer-encoding", "upgrade"]

/** The headers without those that end at this hop. */
export function endToEnd(given: Headers): Headers {
  const headers = new Headers(given)
  for (const name of HOP_BY_HOP) headers.delete(name)
  return headers
}

/** The client's headers and address. The core trusts the address only on its workers' socket. */
export function requestHeaders(request: Request, { address }: Peer): Headers {
  const headers = endToEnd(request.headers)
  headers.set(PEER_HEADER, address)
  return headers
}
