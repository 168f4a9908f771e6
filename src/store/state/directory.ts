// The state directory: its lock, the server's token and the path of its socket.

import { createHash } from "node:crypto"
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync } from "node:fs"
import { homedir, tmpdir, userInfo } from "node:os"
import { dirname, join, resolve } from "node:path"
import { openDatabase } from "#runtime/database.ts"
import { attempt } from "../../core/lib/attempt.ts"
import { PtylineError } from "../../core/lib/errors.ts"
import type { SqlDatabase } from "../../runtime/types.ts"
import { makePrivate, requireOwned } from "../secrets/owned-file.ts"
import { replaceFile } from "./files.ts"

/** Longest path of a Unix socket (sockaddr_un), in bytes, with room for the final NUL. */
const MAX_SOCKET_PATH = 100
/** A valid bearer token (RFC 6750) that is too long to guess. */
const TOKEN = /^[\w.~+/-]{32,1024}=*$/

type ServerRecord = { pid: number; url: string | null; started_at: string }

/** `PTYLINE_STATE_DIR`, else `$XDG_STATE_HOME/ptyline`, else `~/.local/state/ptyline`. Always absolute. */
export function stateDirectory(env: Record<string, string | undefined>): string {
  if (env.PTYLINE_STATE_DIR) return resolve(env.PTYLINE_STATE_DIR)
  return env.XDG_STATE_HOME
    ? join(resolve(env.XDG_STATE_HOME), "ptyline")
    : join(homedir(), ".local/state/ptyline")
}

/** Creates a directory or makes it private. Throws `denied` if other users can change its content. */
export function ownDirectory(path: string): string {
  try {
    if (!existsSync(path)) mkdirSync(path, { recursive: true, mode: 0o700 })
  } catch (error) {
    throw new PtylineError("denied", `cannot create ${path}: ${(error as NodeJS.ErrnoException).code}`)
  }
  makePrivate(path, "directory")
  return path
}

/** Path of the server's socket. If it is too long, one under the temporary directory is used. */
export function socketPath(directory: string, name = "ptyline.sock"): string {
  const path = join(directory, name)
  if (Buffer.byteLength(path) <= MAX_SOCKET_PATH) return path
  const hash = createHash("sha256").update(directory).digest("hex").slice(0, 16)
  return join(tmpdir(), `ptyline-${userInfo().uid}`, `${hash}.sock`)
}

/** Path of the server's socket, for clients. Throws `denied` if another user could have created it. */
export function serverSocket(directory: string): string {
  const path = socketPath(directory)
  const where = dirname(path)
  if (!path.startsWith(directory) && existsSync(where)) requireOwned(where, "directory")
  return path
}

/** A state directory locked by this process until `release` or its death. */
export class StateDirectory {
  readonly directory: string
  readonly socket: string
  #lock: SqlDatabase

  /** Throws `conflict`, naming the server that has the lock, and `denied` for an unsafe directory. */
  constructor(directory: string) {
    this.directory = ownDirectory(directory)
    this.#lock = lock(directory)
    this.socket = socketPath(directory)
    if (!this.socket.startsWith(directory)) ownDirectory(join(this.socket, ".."))
    rmSync(this.socket, { force: true })
  }

  /** Publishes this server's process and URL. */
  announce(record: ServerRecord): void {
    replaceFile(join(this.directory, "server.json"), Buffer.from(`${JSON.stringify(record)}\n`))
  }

  /** Returns the stored token, or stores `fresh()` if there is no valid one. */
  token(fresh: () => string): string {
    const path = join(this.directory, "token")
    const stored = existsSync(path) ? readFileSync(path, "utf8").trim() : ""
    const token = TOKEN.test(stored) ? stored : fresh()
    replaceFile(path, Buffer.from(`${token}\n`))
    return token
  }

  release(): void {
    rmSync(this.socket, { force: true })
    rmSync(join(this.directory, "server.json"), { force: true })
    this.#lock.close()
  }
}

/** Returns what the directory's server published; null if missing or invalid. The server may have died. */
export function serverRecord(directory: string): ServerRecord | null {
  const path = join(directory, "server.json")
  const record = attempt(() => JSON.parse(readFileSync(path, "utf8")) as ServerRecord | null)
  if (!record || !Number.isInteger(record.pid)) return null
  return record.url === null || typeof record.url === "string" ? record : null
}

/** Locks with SQLite's file lock: the system releases it when the process dies, in whatever way. */
function lock(directory: string): SqlDatabase {
  const path = join(directory, "lock.db")
  const database = openDatabase(path)
  try {
    chmodSync(path, 0o600)
    database.run("PRAGMA busy_timeout = 0")
    database.run("BEGIN EXCLUSIVE")
    return database
  } catch (error) {
    database.close()
    const { code = "", message } = error as { code?: string; message: string }
    if (!code.startsWith("SQLITE_BUSY"))
      throw new PtylineError("unavailable", `cannot lock ${path}: ${message}; remove it if no server runs`)
    const server = serverRecord(directory)
    const who = server ? `process ${server.pid}${server.url ? ` at ${server.url}` : ""}` : "another process"
    throw new PtylineError("conflict", `${directory} is in use by ${who}`, { holder: server })
  }
}
