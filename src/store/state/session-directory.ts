// A session's directory: its wrapped key, what is known of it, and its log. The truth that survives everything else.

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
/** A directory's name; one that is being made or removed has something behind it. */
const NAME = /^[0-9a-f]{32}$/

/** Why a directory could not be opened. */
export type Unreadable = { path: string; reason: string }

/** Names come from a hash: an id never becomes part of a path. */
export function sessionPath(state: string, id: string): string {
  return join(state, "sessions", createHash("sha256").update(id).digest("hex").slice(0, 32))
}

/** Holds `key`, `meta` and the log's segments; `path` is what the log's reader and writer take. */
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

  /** Appears whole or not at all. Throws `conflict` when there is one for this id. */
  static create(state: string, master: Uint8Array, meta: SessionMeta): SessionDirectory {
    const path = sessionPath(state, meta.id)
    if (existsSync(path)) throw new PtylineError("conflict", `session ${meta.id} is kept already`, { path })
    const key = newSessionKey()
    const making = `${path}.new-${randomBytes(4).toString("hex")}`
    mkdirSync(join(state, "sessions"), { recursive: true, mode: 0o700 })
    try {
      mkdirSync(making, { mode: 0o700 })
      writeSessionKey(making, master, key)
      writeMeta(making, key, meta)
      renameSync(making, path)
    } catch (error) {
      rmSync(making, { recursive: true, force: true })
      throw error
    }
    return new SessionDirectory(path, key, meta)
  }

  /** Throws `not_found`, or `unavailable` when the key does not open or the file is damaged; nothing is changed then. */
  static open(state: string, master: Uint8Array, id: string): SessionDirectory {
    const path = sessionPath(state, id)
    if (!existsSync(path)) throw new PtylineError("not_found", `no session ${id} is kept here`, { path })
    return SessionDirectory.at(path, master)
  }

  /** As `open`, by the directory's path. */
  static at(path: string, master: Uint8Array): SessionDirectory {
    const key = readSessionKey(path, master)
    return new SessionDirectory(path, key, readMeta(path, key))
  }

  /** Replaces the file whole. Throws what the system says when the disk does not take it; the old one stays then. */
  update(patch: Partial<SessionMeta>): void {
    const meta = { ...this.#meta, ...patch }
    writeMeta(this.path, this.key, meta)
    this.#meta = meta
  }

  /** Takes the directory away, log and all; at once for whoever lists, then file by file. Twice is fine. */
  async remove(): Promise<void> {
    const gone = `${this.path}.gone-${randomBytes(4).toString("hex")}`
    if (!existsSync(this.path)) return
    renameSync(this.path, gone)
    await rm(gone, { recursive: true, force: true })
  }
}

/** All sessions that are kept, and those that cannot be read, which are left as they are. */
export function listSessions(
  state: string,
  master: Uint8Array,
): { sessions: SessionDirectory[]; unreadable: Unreadable[] } {
  const sessions: SessionDirectory[] = []
  const unreadable: Unreadable[] = []
  for (const name of names(state).filter(name => NAME.test(name))) {
    const path = join(state, "sessions", name)
    try {
      sessions.push(SessionDirectory.at(path, master))
    } catch (error) {
      unreadable.push({ path, reason: (error as Error).message })
    }
  }
  return { sessions, unreadable }
}

/** Takes away what a crash left half made or half removed. Only for the owner of the state directory, at its start. */
export async function sweepSessions(state: string): Promise<void> {
  const halves = names(state).filter(name => /^[0-9a-f]{32}\.(new|gone)-/.test(name))
  await Promise.all(halves.map(name => rm(join(state, "sessions", name), { recursive: true, force: true })))
}

function names(state: string): string[] {
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
