// The state directory: who owns it, the server's token, where its socket is.

import { Database } from "bun:sqlite"
import { createHash } from "node:crypto"
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  type Stats,
  writeFileSync,
} from "node:fs"
import { homedir, tmpdir, userInfo } from "node:os"
import { dirname, join, resolve } from "node:path"
import { PtylineError } from "../../core/lib/errors.ts"

/** Longest path a Unix socket can have (sockaddr_un), in bytes, with room for the closing NUL. */
const LONGEST_SOCKET = 100
/** What can be sent as a bearer token (RFC 6750) and is too long to be guessed. */
const TOKEN = /^[\w.~+/-]{32,1024}=*$/

export type ServerRecord = { pid: number; url: string | null; started_at: string }

/** `PTYLINE_STATE_DIR`, else `$XDG_STATE_HOME/ptyline`, else `~/.local/state/ptyline`. Always absolute. */
export function stateDirectory(env: Record<string, string | undefined>): string {
  if (env.PTYLINE_STATE_DIR) return resolve(env.PTYLINE_STATE_DIR)
  return env.XDG_STATE_HOME
    ? join(resolve(env.XDG_STATE_HOME), "ptyline")
    : join(homedir(), ".local/state/ptyline")
}

/** Makes a directory that is ours alone, or throws `denied`: others must not be able to plant or read anything in it. */
export function ownDirectory(path: string): string {
  const stat = made(path)
  demandOwn(path, stat)
  if (stat.mode & 0o077) chmodSync(path, 0o700)
  return path
}

function demandOwn(path: string, stat: Stats): void {
  if (!stat.isDirectory()) throw new PtylineError("denied", `not a directory: ${path}`)
  if (stat.uid !== userInfo().uid) throw new PtylineError("denied", `another user owns ${path}`)
  if (stat.mode & 0o022)
    throw new PtylineError("denied", `others may write to ${path}; chmod 700 it if nobody did`)
}

function made(path: string): Stats {
  try {
    if (!existsSync(path)) mkdirSync(path, { recursive: true, mode: 0o700 })
    return lstatSync(path)
  } catch (error) {
    throw new PtylineError("denied", `cannot make ${path}: ${(error as NodeJS.ErrnoException).code}`)
  }
}

/** Where the server of this state directory listens for its own user; elsewhere, by a hash, when the path is too long. */
export function socketPath(directory: string, name = "ptyline.sock"): string {
  const path = join(directory, name)
  if (Buffer.byteLength(path) <= LONGEST_SOCKET) return path
  const hash = createHash("sha256").update(directory).digest("hex").slice(0, 16)
  return join(tmpdir(), `ptyline-${userInfo().uid}`, `${hash}.sock`)
}

/** The same for who wants to talk to that server. Throws `denied` where another user could have put the socket there. */
export function serverSocket(directory: string): string {
  const path = socketPath(directory)
  const where = dirname(path)
  if (!path.startsWith(directory) && existsSync(where)) demandOwn(where, lstatSync(where))
  return path
}

/** A state directory held by this process until `release`, or its death. */
export class StateDirectory {
  readonly directory: string
  readonly socket: string
  #lock: Database

  /** Throws `conflict` naming the server that holds it, `denied` for a directory that is not safe. */
  constructor(directory: string) {
    this.directory = ownDirectory(directory)
    this.#lock = lock(directory)
    this.socket = socketPath(directory)
    if (!this.socket.startsWith(directory)) ownDirectory(join(this.socket, ".."))
    rmSync(this.socket, { force: true })
  }

  /** Lets others know who serves here. */
  announce(record: ServerRecord): void {
    writePrivate(join(this.directory, "server.json"), `${JSON.stringify(record)}\n`)
  }

  /** The token of earlier starts, or `fresh()` where there is none that could be one, kept for the next one. */
  token(fresh: () => string): string {
    const path = join(this.directory, "token")
    const kept = existsSync(path) ? readFileSync(path, "utf8").trim() : ""
    const token = TOKEN.test(kept) ? kept : fresh()
    writePrivate(path, `${token}\n`)
    return token
  }

  release(): void {
    rmSync(this.socket, { force: true })
    rmSync(join(this.directory, "server.json"), { force: true })
    this.#lock.close()
  }
}

/** What the server of this directory said of itself; null when none did, or nothing that makes sense. It may have died since. */
export function serverRecord(directory: string): ServerRecord | null {
  try {
    const record = JSON.parse(readFileSync(join(directory, "server.json"), "utf8")) as ServerRecord
    const { pid, url } = record
    return Number.isInteger(pid) && (url === null || typeof url === "string") ? record : null
  } catch {
    return null
  }
}

/** SQLite's own file lock: the system frees it when the holder dies, however it dies. */
function lock(directory: string): Database {
  const path = join(directory, "lock.db")
  const database = new Database(path)
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
    const holder = serverRecord(directory)
    const who = holder ? `process ${holder.pid}${holder.url ? ` at ${holder.url}` : ""}` : "another process"
    throw new PtylineError("conflict", `${directory} is in use by ${who}`, { holder })
  }
}

/** Replaces a file whole, readable by its owner only. */
function writePrivate(path: string, text: string): void {
  const next = `${path}.${process.pid}`
  rmSync(next, { force: true })
  writeFileSync(next, text, { mode: 0o600, flag: "wx" })
  renameSync(next, path)
}
