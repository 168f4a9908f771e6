// The JSON that describes a session: status, list entry and lease fields (contract pty-mcp, 2.5 and 2.6).

import { constants } from "node:os"
import type { Session } from "../../core/session/session.ts"
import { mcpSessionOf, type StreamName } from "./session.ts"

type Json = Record<string, unknown>

/** Seconds since 1970, the unit of all times in results. */
export const seconds = (time: Date | number): number => Number(time) / 1000

/** Returns the exit code, the negative signal number after a fatal signal, or null while the process runs. */
export function exitCode({ life: { exit } }: Session): number | null {
  if (!exit) return null
  const signal = (constants.signals as Record<string, number>)[exit.signal ?? ""]
  return exit.code ?? (signal === undefined ? -1 : -signal)
}

export function exitFields(session: Session): Json {
  const { exit, endReason } = session.life
  const reason = endReason ?? (exit?.signal ? "signaled" : "exited")
  return {
    running: exit === null,
    exit_code: exitCode(session),
    exit_reason: exit ? reason : null,
    exit_signal: exit?.signal ?? null,
  }
}

export function status(session: Session): Json {
  const mcpSession = mcpSessionOf(session)
  const { record } = mcpSession
  const { output, input } = session.allowed
  return {
    ...identity(session),
    ...exitFields(session),
    separate_streams: session.output.streams !== null,
    ...counts(session, "pty", ""),
    ...counts(session, "stdout", "stdout_"),
    ...counts(session, "stderr", "stderr_"),
    max_output_bytes: session.log.limit,
    max_runtime_sec: record.maxRuntimeSec,
    rate_limit_bps: output.rate,
    rate_dropped: output.refused,
    input_rate_bps: input.rate,
    input_dropped: input.refused,
    truncated: session.log.base > 0,
    ...traffic(session),
    scope: record.scope,
    tty_mode: record.ttyMode,
    read_offset: mcpSession.reader("pty")!.offset,
    ...leaseFields(session),
    ...recoveryFields(session),
  }
}

export function listEntry(session: Session): Json {
  return {
    ...identity(session),
    ...exitFields(session),
    buffer_bytes: mcpSessionOf(session).reader("pty")!.unread,
    ...traffic(session),
    ...leaseFields(session),
    ...recoveryFields(session),
  }
}

const backendWord = ({ recoverable }: Session): string => (recoverable ? "tmux" : "subprocess")

function identity(session: Session): Json {
  const { command, name, tag } = mcpSessionOf(session).record
  return {
    session_id: session.id,
    pid: session.life.pid,
    pgid: session.life.pid,
    command,
    cwd: session.spec.cwd,
    ...session.size,
    tag,
    owner: session.owner,
    name,
    backend: backendWord(session),
    created_at: seconds(session.createdAt),
    last_active: seconds(mcpSessionOf(session).lastActivity()),
  }
}

/** A stream's unread bytes, its oldest retained offset and its total length. */
function counts(session: Session, stream: StreamName, prefix: "" | "stdout_" | "stderr_"): Json {
  const reader = mcpSessionOf(session).reader(stream)
  return {
    [`${prefix}buffer_bytes`]: reader?.unread ?? 0,
    [`${prefix}buf_start_offset`]: reader?.log.base ?? 0,
    [`${prefix}buf_total_offset`]: reader?.log.end ?? 0,
  }
}

const traffic = (session: Session): Json => ({
  bytes_read: session.log.end,
  bytes_written: session.input.accepted,
})

function recoveryFields(session: Session): Json {
  const { recoveredAt } = mcpSessionOf(session).record
  return { recovered: recoveredAt !== null, recovered_at: recoveredAt }
}

/** The lease's owner and its last change; null where nothing applies. */
export function leaseFields({ lease, workspace }: Session): Json {
  const { owner, last } = lease
  const attached = workspace === null ? [] : [...lease.workspace].filter(other => other.owner)
  return {
    attached: owner !== null,
    attached_client_id: owner?.client ?? null,
    attached_at: owner ? seconds(owner.since) : null,
    tmux_workspace: workspace,
    workspace_attached_client_id: attached[0]?.owner?.client ?? null,
    workspace_attached_sessions: workspace === null ? null : attached.map(other => other.id),
    last_lease_event: last?.event ?? null,
    last_lease_client_id: last?.client ?? null,
    last_lease_from_client_id: last?.from ?? null,
    last_lease_reason: last?.reason ?? null,
    last_lease_at: last ? seconds(last.at) : null,
  }
}
