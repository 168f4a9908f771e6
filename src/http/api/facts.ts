// Facts about a server, for the operation that describes it.

import type { ServerFacts } from "../../ops/operation.ts"
import { VERSION } from "../../version.ts"

/** Returns a function for the current facts. `started_at` is the time of this call. */
export function serverFacts(
  cmd: string[],
  cwd: string,
  backends: () => ServerFacts["backends"],
): () => ServerFacts {
  const started_at = new Date().toISOString()
  return () => ({ version: VERSION, pid: process.pid, started_at, cmd, cwd, backends: backends() })
}
