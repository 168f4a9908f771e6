// The core of a state directory: its sessions, those of an earlier server included, kept by holders.

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

/** Sessions that are taken up side by side. */
const AT_ONCE = 32

export type CoreOptions = {
  pty: PreferredPty
  argv: string[]
  cwd: string
  env: Record<string, string | undefined>
  limits: Partial<Limits>
  holders: boolean
  diskLimit?: number
  diskTotal?: number
  fsync?: SyncPolicy
}

export async function openCore(options: CoreOptions, state: StateDirectory, log: Logger): Promise<Sessions> {
  const { pty, argv, cwd, env, limits, holders, diskLimit, diskTotal, fsync } = options
  const keeper = new HolderSessions({
    state: state.directory,
    socket: state.socket,
    master: masterKey(state.directory),
    starts: holders,
    ...{ diskLimit, diskTotal, sync: fsync },
    onTrouble: error =>
      log.warn("what is known of a session could not be written down: {error}", { error: String(error) }),
  })
  const tmux = new TmuxBackend(() => join(state.directory, "tmux"))
  const defaults = { argv, cwd, env: env as Record<string, string> }
  const sessions = new Sessions(backendChooser(pty, tmux), defaults, limits, keeper, keeper.serverRecords())
  sessions.useRecovery(new TmuxRecovery(tmux, sessions.records))
  await takeUp(keeper, sessions, log)
  return sessions
}

/** Sessions of an earlier server, with their ids, names and offsets. */
async function takeUp(keeper: HolderSessions, sessions: Sessions, log: Logger): Promise<void> {
  const { kept, trouble } = await keeper.recover()
  for (const { path, reason } of trouble)
    log.warn("a kept session cannot be read: {reason}", { path, reason })
  await mapConcurrent(AT_ONCE, kept, one => sessions.adopt(one))
  if (kept.length > 0) log.info("sessions taken up", { count: kept.length, running: sessions.running })
}

/** Hears of faults of our own; a trace goes to the log only. */
export const faultLogger =
  (log: Logger) =>
  (error: unknown): void =>
    log.error("{error}", { error: error instanceof Error ? error.stack : String(error) })

/** With "human" a person must allow what matches these patterns, or with none the built-in list. Throws for a pattern that is none. */
export function requireApprovals(approve: "off" | "human", patterns: string[], sessions: Sessions): void {
  const rules = dangerRules(patterns.length > 0 ? patterns : DANGEROUS_PATTERNS)
  if (approve === "human") sessions.requireApprovals(new Approvals(rules, sessions.confirmations))
}
