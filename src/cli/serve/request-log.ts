// With --debug, a line per request; none of it is a secret.

import type { Logger } from "@logtape/logtape"
import type { Fetch } from "../../http/server.ts"

/** What could be a key, an alias or a token in a path. Session ids are shorter and stay readable. */
const SECRET = /[\w-]{32,}/g

/** Queries are left out: tickets are in them. */
export function logged(fetch: Fetch, log: Logger): Fetch {
  return async (request, env) => {
    const begun = performance.now()
    const from = env.peer.address // asked for now: a socket that was handed over no longer knows
    const answer = await fetch(request, env)
    log.debug("request", {
      method: request.method,
      path: new URL(request.url).pathname.replace(SECRET, "*"),
      status: answer.status,
      ms: Math.round(performance.now() - begun),
      from,
    })
    return answer
  }
}
