// The request log of --debug: one line per request, without secrets.

import type { Logger } from "@logtape/logtape"
import type { Fetch } from "../../http/server.ts"

/** Keys, aliases and tokens in a path. Session ids are shorter and stay readable. */
const SECRET = /[\w-]{32,}/g

/** Logs each request. Query strings are omitted: they can contain tickets. */
export function logged(fetch: Fetch, log: Logger): Fetch {
  return async (request, env) => {
    const started = performance.now()
    const from = env.peer.address // read now: after an upgrade the socket no longer has it
    const response = await fetch(request, env)
    log.debug("request", {
      method: request.method,
      path: new URL(request.url).pathname.replace(SECRET, "*"),
      status: response.status,
      ms: Math.round(performance.now() - started),
      from,
    })
    return response
  }
}
