// Core with holders in this process: a server without its network.

import { tmpdir } from "node:os"
import { join } from "node:path"
import { backendChooser } from "../../src/backends/choose.ts"
import { HolderSessions } from "../../src/backends/holder/durable-sessions.ts"
import type { Limits } from "../../src/core/lib/limits.ts"
import { Sessions } from "../../src/core/registry/sessions.ts"
import type { CreateRequest } from "../../src/core/session/create-request.ts"
import { masterKey } from "../../src/store/secrets/master-key.ts"
import { ownDirectory } from "../../src/store/state/directory.ts"

export type Core = { sessions: Sessions; trouble: unknown[] }

/** Opens a core on a state directory and recovers its sessions. Leaving it open simulates a crash. */
export async function openCore(state: string, limits: Partial<Limits> = {}): Promise<Core> {
  ownDirectory(state)
  const trouble: unknown[] = []
  const durable = new HolderSessions({
    state,
    socket: join(state, "ptyline.sock"),
    master: masterKey(state),
    starts: true,
    onTrouble: error => trouble.push(error),
  })
  const env = { PATH: process.env.PATH ?? "/usr/bin:/bin" }
  const defaults = { argv: ["/bin/sh"], cwd: tmpdir(), env }
  const sessions = new Sessions(backendChooser("auto"), defaults, limits, durable, durable.serverRecords())
  const recovered = await durable.recover()
  trouble.push(...recovered.trouble)
  for (const session of recovered.kept) await sessions.adopt(session)
  return { sessions, trouble }
}

/** Returns a request for `argv` on a terminal. */
export const request = (argv: string[], more: Partial<CreateRequest> = {}): CreateRequest => ({
  ...{ argv, size: { cols: 80, rows: 24 }, backend: "auto", separateStreams: false, echo: true, tags: [] },
  ...more,
})

/** Ends a core's sessions at the end of the block, also when the test fails: holders would run forever. */
export const endingSessions = ({ sessions }: Core) => ({
  async [Symbol.asyncDispose]() {
    await Promise.all(sessions.list().map(session => session.end(0)))
    for (const session of sessions.list()) sessions.remove(session)
  },
})
