// The catalogue: every kept session in one SQLite file. It can be lost; the sessions' own directories are the truth.

import { Database } from "bun:sqlite"
import { chmodSync, closeSync, existsSync, openSync, renameSync } from "node:fs"
import { join } from "node:path"
import type { RecordEntry } from "../../core/session/records.ts"
import { type CatalogueRow, FACTS_SCHEMA, fromRow, SCHEMA, toRow } from "./catalogue-rows.ts"
import type { SessionRecord } from "./record.ts"

const COLUMNS = SCHEMA.match(/\b\w+(?= (?:TEXT|INTEGER))/g)!
const PUT = `INSERT OR REPLACE INTO sessions (${COLUMNS}) VALUES (${COLUMNS.map(column => `$${column}`)})`
const PUT_FACT = "INSERT OR REPLACE INTO records (session, space, key, value) VALUES (?, ?, ?, ?)"
/** Whose the server's own records are. */
const SERVER = ""

/** The file could not be reached, which says nothing about what is in it. Read-only is not here: a flipped bit does that. */
const UNREACHABLE = /^(E[A-Z]+|SQLITE_(BUSY|LOCKED|FULL|IOERR|CANTOPEN|PERM|NOMEM|AUTH)\w*)$/

/** Reads come from memory; the file is written through, and made anew from memory when it is damaged or fell behind. */
export class Catalogue {
  readonly path: string
  /** Nothing was known at the start, for the file was missing, damaged or out of reach: `rebuild` from the directories. */
  readonly lost: boolean
  /** Where a damaged file was put; null when there was none. */
  movedAside: string | null = null
  /** Why the file is behind what is known here; null when it is not. */
  trouble: string | null = null
  readonly #records = new Map<string, SessionRecord>()
  readonly #facts = new Map<string, RecordEntry[]>()
  #database: Database | null = null

  /** In the state directory. Never throws for the file's state: what is damaged is moved aside, not deleted. */
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

  /** What else is in `record`, such as its environment, is not taken. */
  put(record: SessionRecord): void {
    const row = toRow(record)
    this.#records.set(record.id, fromRow(row))
    this.#write(database => database.query(PUT).run(row))
  }

  /** False when there is no such session. */
  update(id: string, patch: Partial<Omit<SessionRecord, "id">>): boolean {
    const record = this.#records.get(id)
    if (record) this.put({ ...record, ...patch })
    return record !== undefined
  }

  /** False when there was no such session. */
  remove(id: string): boolean {
    const known = this.#records.delete(id)
    this.#facts.delete(id)
    if (known)
      this.#write(database => {
        database.query("DELETE FROM sessions WHERE id = ?").run(id)
        database.query("DELETE FROM records WHERE session = ?").run(id)
      })
    return known
  }

  /** All that surfaces keep about a session, or without one about the server; what was noted before goes. */
  note(entries: RecordEntry[], session = SERVER): void {
    if (entries.length === 0 && !this.#facts.has(session)) return
    this.#facts.set(session, entries)
    this.#write(database => {
      database.query("DELETE FROM records WHERE session = ?").run(session)
      writeFacts(database, session, entries)
    })
  }

  /** What `note` was last told. */
  noted(session = SERVER): RecordEntry[] {
    return this.#facts.get(session) ?? []
  }

  /** Forgets everything and takes these for all there is; facts are noted again behind it. */
  rebuild(records: SessionRecord[]): void {
    this.#records.clear()
    this.#facts.clear()
    for (const record of records) this.#records.set(record.id, fromRow(toRow(record)))
    this.#write(() => this.#writeAll())
  }

  /** Twice is fine. */
  close(): void {
    this.#database?.close()
    this.#database = null
  }

  /** A file that fell behind is brought up whole. */
  #write(change: (database: Database) => void): void {
    this.#attempt(() => {
      const behind = this.trouble !== null || !this.#database
      if (!this.#database) this.#open()
      if (behind) this.#writeAll()
      else change(this.#database!)
    })
  }

  /** False, and `trouble`, when `work` did not succeed; a file found damaged is replaced by what is known in memory. */
  #attempt(work: () => void): boolean {
    try {
      work()
      this.trouble = null
      return true
    } catch (error) {
      this.trouble = (error as Error).message
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
      this.trouble = null
    } catch (error) {
      this.trouble = (error as Error).message
    }
  }

  #open(): void {
    closeSync(openSync(this.path, "a", 0o600))
    chmodSync(this.path, 0o600)
    this.#database = new Database(this.path, { strict: true })
    this.#database.run("PRAGMA journal_mode = WAL")
    this.#database.run("PRAGMA synchronous = NORMAL")
    this.#database.run(SCHEMA)
    this.#database.run(FACTS_SCHEMA)
  }

  #load(): void {
    this.#open()
    const check = this.#database!.query("PRAGMA quick_check").values()[0]?.[0]
    if (check !== "ok") throw new Error(`the catalogue is damaged: ${check}`)
    const records = (this.#database!.query("SELECT * FROM sessions").all() as CatalogueRow[]).map(fromRow)
    for (const record of records) this.#records.set(record.id, record)
    for (const { session, entry } of readFacts(this.#database!))
      this.#facts.set(session, [...this.noted(session), entry])
  }

  #writeAll(): void {
    const database = this.#database!
    database.transaction(() => {
      database.run("DELETE FROM sessions")
      for (const record of this.#records.values()) database.query(PUT).run(toRow(record))
      database.run("DELETE FROM records")
      for (const [session, entries] of this.#facts) writeFacts(database, session, entries)
    })()
  }
}

function writeFacts(database: Database, session: string, entries: RecordEntry[]): void {
  for (const { space, key, value } of entries)
    database.query(PUT_FACT).run(session, space, key, JSON.stringify(value))
}

type FactRow = { session: string; space: string; key: string; value: string }

function readFacts(database: Database): { session: string; entry: RecordEntry }[] {
  const rows = database
    .query("SELECT session, space, key, value FROM records ORDER BY rowid")
    .all() as FactRow[]
  return rows.map(({ session, space, key, value }) => ({
    session,
    entry: { space, key, value: JSON.parse(value) },
  }))
}

/** The file and what SQLite keeps beside it, which belongs to it. */
function moveAside(path: string): string {
  const aside = `${path}.damaged-${Date.now()}`
  for (const part of ["", "-wal", "-shm"]) if (existsSync(path + part)) renameSync(path + part, aside + part)
  return aside
}
