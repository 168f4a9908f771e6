// Server facts that an embedded core reports.

import { backendList, type PreferredPty } from "../backends/choose.ts"
import type { ServerFacts } from "../ops/operation.ts"
import { VERSION } from "../version.ts"

type KnownFacts = { argv: string[]; cwd: string; pty: PreferredPty }

/** Returns a function for the current facts. `started_at` is the time of this call. */
export function serverFacts({ argv, cwd, pty }: KnownFacts): () => ServerFacts {
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
