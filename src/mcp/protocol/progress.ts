// Progress notifications during a long call.

import type { ServerContext } from "@modelcontextprotocol/server"

const INTERVAL_MS = 1000

/** Reports the seconds waited until the returned function is called, if the caller asked for progress. */
export function reportProgress({ mcpReq }: ServerContext): () => void {
  const progressToken = mcpReq._meta?.progressToken
  if (progressToken === undefined) return () => {}
  const startedAt = performance.now()
  const report = () => {
    const progress = Math.round((performance.now() - startedAt) / 100) / 10
    const params = { progressToken, progress, message: `waiting for ${progress} s` }
    void mcpReq.notify({ method: "notifications/progress", params }).catch(() => {})
  }
  const timer = setInterval(report, INTERVAL_MS)
  return () => clearInterval(timer)
}
