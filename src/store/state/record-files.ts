// The server's own records on disk: one encrypted file per namespace.

import { createHash } from "node:crypto"
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync } from "node:fs"
import { join } from "node:path"
import type { RecordEntry } from "../../core/session/records.ts"
import { seal, unseal } from "../secrets/seal.ts"
import { replaceFile } from "./files.ts"

const PURPOSE = "server records"

export class RecordFiles {
  readonly entries: RecordEntry[] = []
  /** Files that are damaged or have another key. `write` renames them when it needs their name. */
  readonly unreadable: string[] = []
  readonly #directory: string
  readonly #master: Uint8Array

  /** Reads all files of the state directory. */
  constructor(state: string, master: Uint8Array) {
    this.#directory = join(state, "records")
    this.#master = master
    const names = existsSync(this.#directory) ? readdirSync(this.#directory) : []
    for (const name of names.filter(name => name.endsWith(".rec"))) this.#read(join(this.#directory, name))
  }

  /** Replaces all records of a namespace. Throws the system's error and keeps the old file if it fails. */
  write(space: string, entries: RecordEntry[]): void {
    mkdirSync(this.#directory, { recursive: true, mode: 0o700 })
    const name = createHash("sha256").update(space).digest("hex").slice(0, 32)
    const path = join(this.#directory, `${name}.rec`)
    if (this.unreadable.includes(path)) this.#moveAside(path)
    const plain = new TextEncoder().encode(JSON.stringify(entries))
    replaceFile(path, seal(this.#master, PURPOSE, plain))
  }

  #read(path: string): void {
    const plain = unseal(this.#master, PURPOSE, readFileSync(path))
    if (plain) this.entries.push(...(JSON.parse(new TextDecoder().decode(plain)) as RecordEntry[]))
    else this.unreadable.push(path)
  }

  #moveAside(path: string): void {
    renameSync(path, `${path}.damaged-${Date.now()}`)
    this.unreadable.splice(this.unreadable.indexOf(path), 1)
  }
}
