// Conversion between a session's record and its row in the catalogue.

import type { ExitStatus } from "../../core/session/backend.ts"
import type { SessionRecord } from "./record.ts"

/** Lists and the exit are stored as JSON, the rest as SQLite's own types. */
export const SCHEMA = `CREATE TABLE IF NOT EXISTS sessions (
  id TEXT PRIMARY KEY, name TEXT, tags TEXT NOT NULL, owner TEXT, backend TEXT NOT NULL, argv TEXT NOT NULL,
  cwd TEXT NOT NULL, cols INTEGER NOT NULL, rows INTEGER NOT NULL, created_at INTEGER NOT NULL, state TEXT NOT NULL,
  exit TEXT, holder_pid INTEGER, holder_start INTEGER, holder_boot TEXT, log_limit INTEGER NOT NULL
) STRICT`

/** Records of surfaces; `session` is empty for the server's own. */
export const ENTRIES_SCHEMA = `CREATE TABLE IF NOT EXISTS records (
  session TEXT NOT NULL, space TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (session, space, key)
) STRICT`

export function toRow(record: SessionRecord) {
  const { id, name, owner, backend, cwd, size, state, exit, holder } = record
  return {
    ...{ id, name, owner, backend, cwd, ...size, state },
    tags: JSON.stringify(record.tags),
    argv: JSON.stringify(record.argv),
    created_at: record.createdAt,
    exit: exit && JSON.stringify(exit),
    holder_pid: holder?.pid ?? null,
    holder_start: holder?.startTime ?? null,
    holder_boot: holder?.bootId ?? null,
    log_limit: record.logLimit,
  }
}

export type CatalogueRow = ReturnType<typeof toRow>

/** Throws for a row that `toRow` did not write. */
export function fromRow(row: CatalogueRow): SessionRecord {
  const { id, name, owner, backend, cwd, cols, rows } = row
  return {
    ...{ id, name, owner, backend, cwd, size: { cols, rows } },
    tags: JSON.parse(row.tags) as string[],
    argv: JSON.parse(row.argv) as string[],
    createdAt: row.created_at,
    state: row.state,
    exit: row.exit === null ? null : (JSON.parse(row.exit) as ExitStatus & { at: number }),
    holder: holderOf(row),
    logLimit: row.log_limit,
  }
}

function holderOf({ holder_pid: pid, holder_start: startTime, holder_boot: bootId }: CatalogueRow) {
  return pid === null || startTime === null || bootId === null ? null : { pid, startTime, bootId }
}
