// What a core in somebody else's program says of itself.

import { backendList, type PreferredPty } from "../backends/choose.ts"
import type { ServerFacts } from "../ops/operation.ts"
import { VERSION } from "../version.ts"

type Known = { argv: string[]; cwd: string; pty: PreferredPty }

/** As of now; `started_at` is when this was called. */
export function factsOf({ argv, cwd, pty }: Known): () => ServerFacts {
  const started_at = new Date().toISOString()
  return () => ({
    version: VERSION,
    pid: process.pid,
    started_at,
    cmd: argv,
    cwd,
    backends: backendList(pty),
  })
}
