// Signs of life during a long wait, for callers that asked for them.

import type { ServerContext } from "@modelcontextprotocol/server"

const EVERY_MS = 1000

/** Tells the seconds waited so far until the returned function is called. */
export function reportProgress({ mcpReq }: ServerContext): () => void {
  const progressToken = mcpReq._meta?.progressToken
  if (progressToken === undefined) return () => {}
  const begun = performance.now()
  const tell = () => {
    const progress = Math.round((performance.now() - begun) / 100) / 10
    const params = { progressToken, progress, message: `waiting for ${progress} s` }
    void mcpReq.notify({ method: "notifications/progress", params }).catch(() => {})
  }
  const timer = setInterval(tell, EVERY_MS)
  return () => clearInterval(timer)
}
