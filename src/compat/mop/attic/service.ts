// MOP's service inside a session: an HTTP server of the session's own processes (contract mop, 3.7).

import { reachableAt } from "../../../backends/process/listeners.ts"
import { membersOf, rootOf } from "../../../backends/process/tree.ts"
import type { Session } from "../../../core/session/session.ts"
import { limitedText } from "../body.ts"

/** How long a service may take to identify itself, in ms. `end` waits for it and must return within 2 s. */
const HELLO_MS = 500
const TELL_MS = 5000
const MAX_RESPONSE = 4 << 20

/** Returns the URL of the session's server that answers HEAD / with the header X-MOP; null without one. */
export async function serviceOf(session: Session): Promise<string | null> {
  if (session.life.exit) return null
  const urls = reachableAt(membersOf(rootOf(session.life.pid, session.id))).map(at => `http://${at}/`)
  const found = await Promise.all(urls.map(isService))
  return urls.find((_, i) => found[i]) ?? null
}

const isService = (url: string): Promise<boolean> =>
  fetch(url, { method: "HEAD", redirect: "manual", signal: AbortSignal.timeout(HELLO_MS) }).then(
    response => response.headers.has("x-mop"),
    () => false,
  )

export async function tell(session: Session, info: string): Promise<unknown> {
  const timeout = AbortSignal.timeout(TELL_MS)
  const service = await serviceOf(session)
  if (!service) throw new Error("Unable to get port")
  const response = await fetch(`${service}mop/session`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ data: info }),
    redirect: "manual",
    signal: timeout,
  }).catch(error => {
    throw new Error(timeout.aborted ? "no answer within 5 s" : `no answer (${(error as Error).name})`)
  })
  const text = await limitedText(response, MAX_RESPONSE).catch(() => {
    throw new Error(timeout.aborted ? "no answer within 5 s" : "the answer was cut off")
  })
  if (text === null) throw new Error("the answer is too long")
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
