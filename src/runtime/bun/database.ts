// SQLite, from Bun.

import { Database, type SQLQueryBindings } from "bun:sqlite"
import type { OpenDatabase, SqlDatabase, SqlValues } from "../types.ts"

class BunDatabase implements SqlDatabase {
  #database: Database

  constructor(path: string) {
    this.#database = new Database(path, { strict: true })
  }

  run(sql: string, values: SqlValues = []): void {
    const bindings = Array.isArray(values) ? values : [values]
    this.#database.query(sql).run(...(bindings as SQLQueryBindings[]))
  }

  all(sql: string): Record<string, unknown>[] {
    return this.#database.query(sql).all() as Record<string, unknown>[]
  }

  transaction(work: () => void): void {
    this.#database.transaction(work)()
  }

  close(): void {
    this.#database.close()
  }
}

export const openDatabase: OpenDatabase = path => new BunDatabase(path)
