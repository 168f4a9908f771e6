// Opens the core of a state directory: its sessions, including those that an earlier server left running.

import { join } from "node:path"
import type { Logger } from "@logtape/logtape"
import { backendChooser, type PreferredPty } from "../../backends/choose.ts"
import { HolderSessions } from "../../backends/holder/durable-sessions.ts"
import { TmuxBackend } from "../../backends/tmux/backend.ts"
import { TmuxRecovery } from "../../backends/tmux/recovery.ts"
import { Approvals } from "../../core/access/approvals.ts"
import { DANGEROUS_PATTERNS } from "../../core/access/danger.ts"
import { mapConcurrent } from "../../core/lib/concurrency.ts"
import type { Limits } from "../../core/lib/limits.ts"
import { Sessions } from "../../core/registry/sessions.ts"
import { dangerRules } from "../../ops/access/danger.ts"
import { masterKey } from "../../store/secrets/master-key.ts"
import type { SyncPolicy } from "../../store/segments/sync.ts"
import type { StateDirectory } from "../../store/state/directory.ts"
import type { Variables } from "../lib/flags.ts"

/** How many sessions are recovered at the same time. */
const AT_ONCE = 32

type CoreOptions = {
  pty: PreferredPty
  argv: string[]
  cwd: string
  env: Variables
  limits: Partial<Limits>
  holders: boolean
  diskLimit?: number
  diskTotal?: number
  fsync?: SyncPolicy
}

/** Opens the core and recovers the sessions of an earlier server. */
export async function openCore(options: CoreOptions, state: StateDirectory, log: Logger): Promise<Sessions> {
  const { pty, argv, cwd, env, limits, holders, diskLimit, diskTotal, fsync } = options
  const durable = new HolderSessions({
    state: state.directory,
    socket: state.socket,
    master: masterKey(state.directory),
    starts: holders,
    ...{ diskLimit, diskTotal, sync: fsync },
    onTrouble: error => log.warn("cannot save the state of a session: {error}", { error: String(error) }),
  })
  const tmux = new TmuxBackend(() => join(state.directory, "tmux"))
  const defaults = { argv, cwd, env: env as Record<string, string> }
  const sessions = new Sessions(backendChooser(pty, tmux), defaults, limits, durable, durable.serverRecords())
  sessions.useRecovery(new TmuxRecovery(tmux, sessions.records))
  await recoverSessions(durable, sessions, log)
  return sessions
}

/** Recovers the sessions of an earlier server with their ids, names and offsets. */
async function recoverSessions(durable: HolderSessions, sessions: Sessions, log: Logger): Promise<void> {
  const { kept, trouble } = await durable.recover()
  for (const { path, reason } of trouble) log.warn("cannot recover a session: {reason}", { path, reason })
  await mapConcurrent(AT_ONCE, kept, one => sessions.adopt(one))
  if (kept.length > 0) log.info("sessions recovered", { count: kept.length, running: sessions.running })
}

/** Returns a handler that logs internal errors with their stack trace. */
export const faultLogger =
  (log: Logger) =>
  (error: unknown): void =>
    log.error("{error}", { error: error instanceof Error ? error.stack : String(error) })

/**
 * With "human", a person must approve commands that match `patterns`, or the built-in list if there are none.
 * Throws on an invalid pattern.
 */
export function requireApprovals(approve: "off" | "human", patterns: string[], sessions: Sessions): void {
  const rules = dangerRules(patterns.length > 0 ? patterns : DANGEROUS_PATTERNS)
  if (approve === "human") sessions.requireApprovals(new Approvals(rules, sessions.confirmations))
}
