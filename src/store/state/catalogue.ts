// The catalogue: an index of stored sessions in one SQLite file, rebuilt from their directories if lost.

import { chmodSync, closeSync, existsSync, openSync, renameSync } from "node:fs"
import { join } from "node:path"
import { openDatabase } from "#runtime/database.ts"
import type { RecordEntry } from "../../core/session/records.ts"
import type { SqlDatabase } from "../../runtime/types.ts"
import { type CatalogueRow, ENTRIES_SCHEMA, fromRow, SCHEMA, toRow } from "./catalogue-rows.ts"
import type { SessionRecord } from "./record.ts"

const COLUMNS = SCHEMA.match(/\b\w+(?= (?:TEXT|INTEGER))/g)!
const PUT = `INSERT OR REPLACE INTO sessions (${COLUMNS}) VALUES (${COLUMNS.map(column => `$${column}`)})`
const PUT_ENTRY = "INSERT OR REPLACE INTO records (session, space, key, value) VALUES (?, ?, ?, ?)"
/** The `session` value of the server's own records. */
const SERVER = ""

/** Errors that say nothing about the file's content. Read-only is not among them: a flipped bit causes it. */
const UNREACHABLE = /^(E[A-Z]+|SQLITE_(BUSY|LOCKED|FULL|IOERR|CANTOPEN|PERM|NOMEM|AUTH)\w*)$/

/** Reads come from memory. Writes also go to the file, which is rewritten if it is damaged or stale. */
export class Catalogue {
  readonly path: string
  /** True if nothing could be loaded: the file was missing, damaged or unreadable. Call `rebuild` then. */
  readonly lost: boolean
  /** New path of a damaged file; null if there was none. */
  movedAside: string | null = null
  /** Why the file is stale; null if it is current. */
  problem: string | null = null
  readonly #records = new Map<string, SessionRecord>()
  readonly #entries = new Map<string, RecordEntry[]>()
  #database: SqlDatabase | null = null

  /** Never throws for a bad file: a damaged one is renamed, not deleted. */
  constructor(directory: string) {
    this.path = join(directory, "catalogue.db")
    const found = existsSync(this.path)
    const loaded = this.#attempt(() => (found ? this.#load() : this.#open()))
    this.lost = !found || !loaded
  }

  get(id: string): SessionRecord | null {
    return this.#records.get(id) ?? null
  }

  /** Oldest first. */
  list(): SessionRecord[] {
    return [...this.#records.values()].sort((a, b) => a.createdAt - b.createdAt)
  }

  /** Ignores other fields of `record`, such as its environment. */
  put(record: SessionRecord): void {
    const row = toRow(record)
    this.#records.set(record.id, fromRow(row))
    this.#write(database => database.run(PUT, row))
  }

  /** Returns false for an unknown session. */
  update(id: string, patch: Partial<Omit<SessionRecord, "id">>): boolean {
    const record = this.#records.get(id)
    if (record) this.put({ ...record, ...patch })
    return record !== undefined
  }

  /** Returns false for an unknown session. */
  remove(id: string): boolean {
    const known = this.#records.delete(id)
    this.#entries.delete(id)
    if (known)
      this.#write(database => {
        database.run("DELETE FROM sessions WHERE id = ?", [id])
        database.run("DELETE FROM records WHERE session = ?", [id])
      })
    return known
  }

  /** Replaces the records of surfaces for a session or, without one, for the server. */
  setEntries(entries: RecordEntry[], session = SERVER): void {
    if (entries.length === 0 && !this.#entries.has(session)) return
    this.#entries.set(session, entries)
    this.#write(database => {
      database.run("DELETE FROM records WHERE session = ?", [session])
      writeEntries(database, session, entries)
    })
  }

  /** Returns the records last passed to `setEntries`. */
  entries(session = SERVER): RecordEntry[] {
    return this.#entries.get(session) ?? []
  }

  /** Replaces all sessions and forgets all entries; call `setEntries` again afterwards. */
  rebuild(records: SessionRecord[]): void {
    this.#records.clear()
    this.#entries.clear()
    for (const record of records) this.#records.set(record.id, fromRow(toRow(record)))
    this.#write(() => this.#writeAll())
  }

  /** Safe to call twice. */
  close(): void {
    this.#database?.close()
    this.#database = null
  }

  /** Writes everything if the file is stale. */
  #write(change: (database: SqlDatabase) => void): void {
    this.#attempt(() => {
      const stale = this.problem !== null || !this.#database
      if (!this.#database) this.#open()
      if (stale) this.#writeAll()
      else change(this.#database!)
    })
  }

  /** Runs `work`. On failure sets `problem`, replaces a damaged file from memory, and returns false. */
  #attempt(work: () => void): boolean {
    try {
      work()
      this.problem = null
      return true
    } catch (error) {
      this.problem = (error as Error).message
      if (!UNREACHABLE.test(String((error as NodeJS.ErrnoException).code))) this.#replace()
      return false
    }
  }

  #replace(): void {
    try {
      this.close()
      this.movedAside = moveAside(this.path)
      this.#open()
      this.#writeAll()
      this.problem = null
    } catch (error) {
      this.problem = (error as Error).message
    }
  }

  #open(): void {
    closeSync(openSync(this.path, "a", 0o600))
    chmodSync(this.path, 0o600)
    this.#database = openDatabase(this.path)
    this.#database.run("PRAGMA journal_mode = WAL")
    this.#database.run("PRAGMA synchronous = NORMAL")
    this.#database.run(SCHEMA)
    this.#database.run(ENTRIES_SCHEMA)
  }

  #load(): void {
    this.#open()
    const check = this.#database!.all("PRAGMA quick_check")[0]?.quick_check
    if (check !== "ok") throw new Error(`the catalogue is damaged: ${check}`)
    const records = (this.#database!.all("SELECT * FROM sessions") as CatalogueRow[]).map(fromRow)
    for (const record of records) this.#records.set(record.id, record)
    for (const { session, entry } of readEntries(this.#database!))
      this.#entries.set(session, [...this.entries(session), entry])
  }

  #writeAll(): void {
    const database = this.#database!
    database.transaction(() => {
      database.run("DELETE FROM sessions")
      for (const record of this.#records.values()) database.run(PUT, toRow(record))
      database.run("DELETE FROM records")
      for (const [session, entries] of this.#entries) writeEntries(database, session, entries)
    })
  }
}

function writeEntries(database: SqlDatabase, session: string, entries: RecordEntry[]): void {
  for (const { space, key, value } of entries)
    database.run(PUT_ENTRY, [session, space, key, JSON.stringify(value)])
}

type EntryRow = { session: string; space: string; key: string; value: string }

function readEntries(database: SqlDatabase): { session: string; entry: RecordEntry }[] {
  const rows = database.all("SELECT session, space, key, value FROM records ORDER BY rowid") as EntryRow[]
  return rows.map(({ session, space, key, value }) => ({
    session,
    entry: { space, key, value: JSON.parse(value) },
  }))
}

/** Renames the file together with SQLite's files next to it. */
function moveAside(path: string): string {
  const aside = `${path}.damaged-${Date.now()}`
  for (const part of ["", "-wal", "-shm"]) if (existsSync(path + part)) renameSync(path + part, aside + part)
  return aside
}
