// SQLite, from Node's module.

import { DatabaseSync, type StatementSync } from "node:sqlite"
import type { OpenDatabase, SqlDatabase, SqlValues } from "../types.ts"

/** Names of SQLite's result codes; Node reports numbers. */
const NAMES: Record<number, string> = {
  3: "PERM",
  5: "BUSY",
  6: "LOCKED",
  7: "NOMEM",
  8: "READONLY",
  10: "IOERR",
  11: "CORRUPT",
  13: "FULL",
  14: "CANTOPEN",
  23: "AUTH",
  26: "NOTADB",
}

class NodeDatabase implements SqlDatabase {
  #database: DatabaseSync
  #statements = new Map<string, StatementSync>()

  constructor(path: string) {
    this.#database = named(() => new DatabaseSync(path))
  }

  run(sql: string, values: SqlValues = []): void {
    named(() => {
      const statement = this.#prepared(sql)
      if (Array.isArray(values)) statement.run(...values)
      else statement.run(values as Record<string, string | number | null>)
    })
  }

  all(sql: string): Record<string, unknown>[] {
    return named(() => this.#prepared(sql).all() as Record<string, unknown>[])
  }

  transaction(work: () => void): void {
    this.run("BEGIN")
    try {
      work()
      this.run("COMMIT")
    } catch (error) {
      named(() => this.#database.isTransaction && this.#database.exec("ROLLBACK"))
      throw error
    }
  }

  close(): void {
    this.#statements.clear()
    this.#database.close()
  }

  #prepared(sql: string): StatementSync {
    const statement = this.#statements.get(sql) ?? this.#database.prepare(sql)
    this.#statements.set(sql, statement)
    return statement
  }
}

/** Gives an error of SQLite its name as `code`; the low byte of its number is the primary result. */
function named<T>(work: () => T): T {
  try {
    return work()
  } catch (error) {
    const { errcode } = error as { errcode?: number }
    if (errcode !== undefined)
      Object.assign(error as Error, { code: `SQLITE_${NAMES[errcode & 0xff] ?? "ERROR"}` })
    throw error
  }
}

export const openDatabase: OpenDatabase = path => new NodeDatabase(path)
