// A session's directory: its wrapped key, its metadata and its log. Everything else can be rebuilt from it.

import { createHash, randomBytes } from "node:crypto"
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs"
import { rm } from "node:fs/promises"
import { join } from "node:path"
import { PtylineError } from "../../core/lib/errors.ts"
import { newSessionKey, readSessionKey, writeSessionKey } from "../secrets/master-key.ts"
import { seal, unseal } from "../secrets/seal.ts"
import { replaceFile } from "./files.ts"
import type { SessionMeta } from "./record.ts"

const META = "session meta"
/** A complete directory's name; temporary and removed ones have a suffix. */
const NAME = /^[0-9a-f]{32}$/

/** Why a directory could not be opened. */
export type Unreadable = { path: string; reason: string }

/** The name is a hash: an id never becomes part of a path. */
export function sessionPath(state: string, id: string): string {
  return join(state, "sessions", createHash("sha256").update(id).digest("hex").slice(0, 32))
}

/** Contains `key`, `meta` and the log's segments. */
export class SessionDirectory {
  readonly path: string
  readonly key: Uint8Array
  #meta: SessionMeta

  private constructor(path: string, key: Uint8Array, meta: SessionMeta) {
    this.path = path
    this.key = key
    this.#meta = meta
  }

  get meta(): Readonly<SessionMeta> {
    return this.#meta
  }

  /** Creates the directory atomically. Throws `conflict` if there already is one for this id. */
  static create(state: string, master: Uint8Array, meta: SessionMeta): SessionDirectory {
    const path = sessionPath(state, meta.id)
    if (existsSync(path)) throw new PtylineError("conflict", `session ${meta.id} is already stored`, { path })
    const key = newSessionKey()
    const temporary = `${path}.new-${randomBytes(4).toString("hex")}`
    mkdirSync(join(state, "sessions"), { recursive: true, mode: 0o700 })
    try {
      mkdirSync(temporary, { mode: 0o700 })
      writeSessionKey(temporary, master, key)
      writeMeta(temporary, key, meta)
      renameSync(temporary, path)
    } catch (error) {
      rmSync(temporary, { recursive: true, force: true })
      throw error
    }
    return new SessionDirectory(path, key, meta)
  }

  /** Throws `not_found`, or `unavailable` if the key or the metadata cannot be read. Changes nothing then. */
  static open(state: string, master: Uint8Array, id: string): SessionDirectory {
    const path = sessionPath(state, id)
    if (!existsSync(path)) throw new PtylineError("not_found", `no stored session ${id}`, { path })
    return SessionDirectory.at(path, master)
  }

  /** Like `open`, by the directory's path. */
  static at(path: string, master: Uint8Array): SessionDirectory {
    const key = readSessionKey(path, master)
    return new SessionDirectory(path, key, readMeta(path, key))
  }

  /** Updates the metadata. Throws the system's error and keeps the old file if it fails. */
  update(patch: Partial<SessionMeta>): void {
    const meta = { ...this.#meta, ...patch }
    writeMeta(this.path, this.key, meta)
    this.#meta = meta
  }

  /** Removes the session. Hides it from listings first, then deletes file by file. Safe to call twice. */
  async remove(): Promise<void> {
    const removed = `${this.path}.gone-${randomBytes(4).toString("hex")}`
    if (!existsSync(this.path)) return
    renameSync(this.path, removed)
    await rm(removed, { recursive: true, force: true })
  }
}

/** Lists all stored sessions and the unreadable ones, which are left unchanged. */
export function listSessions(
  state: string,
  master: Uint8Array,
): { sessions: SessionDirectory[]; unreadable: Unreadable[] } {
  const sessions: SessionDirectory[] = []
  const unreadable: Unreadable[] = []
  for (const name of directoryNames(state).filter(name => NAME.test(name))) {
    const path = join(state, "sessions", name)
    try {
      sessions.push(SessionDirectory.at(path, master))
    } catch (error) {
      unreadable.push({ path, reason: (error as Error).message })
    }
  }
  return { sessions, unreadable }
}

/** Deletes what a crash left partly created or removed. Only for the owner of the state directory. */
export async function sweepSessions(state: string): Promise<void> {
  const leftovers = directoryNames(state).filter(name => /^[0-9a-f]{32}\.(new|gone)-/.test(name))
  await Promise.all(
    leftovers.map(name => rm(join(state, "sessions", name), { recursive: true, force: true })),
  )
}

function directoryNames(state: string): string[] {
  const sessions = join(state, "sessions")
  return existsSync(sessions) ? readdirSync(sessions) : []
}

function writeMeta(directory: string, key: Uint8Array, meta: SessionMeta): void {
  replaceFile(join(directory, "meta"), seal(key, META, new TextEncoder().encode(JSON.stringify(meta))))
}

function readMeta(directory: string, key: Uint8Array): SessionMeta {
  const path = join(directory, "meta")
  const plain = existsSync(path) ? unseal(key, META, readFileSync(path)) : null
  if (plain) return JSON.parse(new TextDecoder().decode(plain)) as SessionMeta
  throw new PtylineError("unavailable", `${path} is missing or damaged; nothing was changed`, { path })
}
