// A core with holders in this process: what a server is made of, without its network.

import { tmpdir } from "node:os"
import { join } from "node:path"
import { backendChooser } from "../../src/backends/choose.ts"
import { HolderSessions } from "../../src/backends/holder/durable-sessions.ts"
import type { Limits } from "../../src/core/lib/limits.ts"
import { Sessions } from "../../src/core/registry/sessions.ts"
import type { CreateRequest } from "../../src/core/session/create-request.ts"
import { masterKey } from "../../src/store/secrets/master-key.ts"
import { ownDirectory } from "../../src/store/state/directory.ts"

export type Core = { sessions: Sessions; keeper: HolderSessions; trouble: unknown[] }

/** A core on a state directory, with everything taken up that is kept there. Not closing it is what a crash leaves. */
export async function coreOn(state: string, limits: Partial<Limits> = {}): Promise<Core> {
  ownDirectory(state)
  const trouble: unknown[] = []
  const keeper = new HolderSessions({
    state,
    socket: join(state, "ptyline.sock"),
    master: masterKey(state),
    starts: true,
    onTrouble: error => trouble.push(error),
  })
  const env = { PATH: process.env.PATH ?? "/usr/bin:/bin" }
  const defaults = { argv: ["/bin/sh"], cwd: tmpdir(), env }
  const sessions = new Sessions(backendChooser("auto"), defaults, limits, keeper, keeper.serverRecords())
  const recovered = await keeper.recover()
  trouble.push(...recovered.trouble)
  for (const kept of recovered.kept) await sessions.adopt(kept)
  return { sessions, keeper, trouble }
}

/** A request for `argv` on a terminal. */
export const wish = (argv: string[], more: Partial<CreateRequest> = {}): CreateRequest => ({
  ...{ argv, size: { cols: 80, rows: 24 }, backend: "auto", separateStreams: false, echo: true, tags: [] },
  ...more,
})

/** Ends a core's sessions at the end of the block, whatever came of the test: holders would go on for ever. */
export const ending = ({ sessions }: Core) => ({
  async [Symbol.asyncDispose]() {
    await Promise.all(sessions.list().map(session => session.end(0)))
    for (const session of sessions.list()) sessions.remove(session)
  },
})
