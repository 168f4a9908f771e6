// Keeps sessions beyond the server's life: starts holders, writes down what they hold, and finds them again.

import { createHash } from "node:crypto"
import { rmSync } from "node:fs"
import { dirname, join } from "node:path"
import type { Keeper, Kept } from "../../core/archive.ts"
import { PtylineError } from "../../core/errors.ts"
import type { Session, SessionOptions } from "../../core/session.ts"
import { Catalogue } from "../../store/catalogue.ts"
import type { SessionMeta } from "../../store/record.ts"
import { recoverLog } from "../../store/recover.ts"
import {
  listSessions,
  SessionDirectory,
  sweepSessions,
  type Unreadable,
} from "../../store/session-directory.ts"
import { connectHolder } from "./held.ts"
import { DiskArchive } from "./older.ts"
import { startHolder } from "./start.ts"

/** Output kept on disk per session, in bytes. */
const DISK_LIMIT = 64 << 20

/** What could not be taken up again, for the log. */
export type Trouble = Unreadable

export class HolderKeeper implements Keeper {
  #state: string
  #sockets: string
  #master: Uint8Array
  #onTrouble: (error: unknown) => void
  #catalogue: Catalogue
  #kept = new Map<string, SessionDirectory>()

  /** `socket`: the server's own; the holders' sockets stand beside it. */
  constructor(state: string, socket: string, master: Uint8Array, onTrouble: (error: unknown) => void) {
    this.#onTrouble = onTrouble
    this.#state = state
    this.#sockets = dirname(socket)
    this.#master = master
    this.#catalogue = new Catalogue(state)
  }

  async start(options: SessionOptions): Promise<Kept> {
    const { id, spec, backend } = options
    if (backend !== "terminal" && backend !== "pipe")
      throw new PtylineError("invalid_input", `a session on backend ${backend} cannot be durable`, {
        backend,
      })
    const directory = SessionDirectory.create(this.#state, this.#master, metaOf(options))
    const [path, key] = [directory.path, Buffer.from(directory.key).toString("base64")]
    try {
      await startHolder({
        id,
        spec,
        backend,
        directory: path,
        socket: this.#socketOf(id),
        key,
        diskLimit: DISK_LIMIT,
      })
    } catch (error) {
      await directory.remove()
      throw error
    }
    this.#note(directory)
    return this.#alive({ ...options, archive: new DiskArchive(path, directory.key) }, 0)
  }

  /** A disk that does not take it leaves the older facts for the next server; the session itself goes on. */
  update(session: Session): void {
    const directory = this.#kept.get(session.id)
    if (!directory) return
    const { name, tags, size, title, state, exit } = session
    const ended = exit && { code: exit.code, signal: exit.signal, at: exit.at.getTime() }
    try {
      directory.update({
        name,
        tags,
        size,
        title,
        exit: ended,
        state: state === "removed" ? "finished" : state,
      })
      this.#note(directory)
    } catch (error) {
      this.#onTrouble(error)
    }
  }

  remove(id: string): void {
    const directory = this.#kept.get(id)
    this.#kept.delete(id)
    this.#catalogue.remove(id)
    rmSync(this.#socketOf(id), { force: true })
    void directory?.remove()
  }

  /** Everything that was kept, as it is found: held on, or ended while nobody looked. */
  async recover(): Promise<{ kept: Kept[]; trouble: Trouble[] }> {
    await sweepSessions(this.#state)
    const { sessions, unreadable: trouble } = listSessions(this.#state, this.#master)
    const kept: Kept[] = []
    for (const directory of sessions) {
      try {
        kept.push(await this.#found(directory))
        this.#kept.set(directory.meta.id, directory)
      } catch (error) {
        trouble.push({ path: directory.path, reason: (error as Error).message })
      }
    }
    this.#catalogue.rebuild([...this.#kept.values()].map(({ meta }) => meta))
    return { kept, trouble }
  }

  close(): void {
    this.#catalogue.close()
  }

  #note(directory: SessionDirectory): void {
    this.#kept.set(directory.meta.id, directory)
    this.#catalogue.put(directory.meta)
  }

  async #found(directory: SessionDirectory): Promise<Kept> {
    const { path, key, meta } = directory
    const archive = new DiskArchive(path, key)
    if (await holderLives(this.#socketOf(meta.id))) {
      const end = await archive.end()
      return this.#alive({ ...optionsOf(meta), archive, start: end }, end)
    }
    rmSync(this.#socketOf(meta.id), { force: true })
    const { end, exit } = await recoverLog(path, key)
    return { options: { ...optionsOf(meta), archive, start: end }, connect: null, exit: exit ?? meta.exit }
  }

  #alive(options: SessionOptions, from: number): Kept {
    const archive = options.archive as DiskArchive
    return {
      options,
      connect: sink => connectHolder(this.#socketOf(options.id), sink, archive, from),
      exit: null,
    }
  }

  /** Short, for a socket's path may not be long; in a directory that only its owner enters. */
  #socketOf(id: string): string {
    return join(this.#sockets, `${createHash("sha256").update(id).digest("base64url").slice(0, 8)}.hold`)
  }
}

/** Does somebody listen? A dead holder's socket refuses. */
async function holderLives(path: string): Promise<boolean> {
  try {
    const probe = await Bun.connect({ unix: path, socket: { data: () => {} } })
    probe.end()
    return true
  } catch {
    return false
  }
}

function metaOf(options: SessionOptions): SessionMeta {
  const { id, name, tags, owner, backend, spec, logLimit, tty, separateStreams, warnings } = options
  const { argv, cwd, env, echo, size } = spec
  const born = { state: "running" as const, exit: null, holder: null, createdAt: Date.now(), title: "" }
  return {
    id,
    name,
    tags,
    owner,
    backend,
    argv,
    cwd,
    env,
    echo,
    size,
    logLimit,
    tty,
    separateStreams,
    warnings,
    ...born,
  }
}

function optionsOf(meta: SessionMeta): SessionOptions {
  const {
    id,
    name,
    tags,
    owner,
    backend,
    argv,
    cwd,
    env,
    echo,
    size,
    logLimit,
    tty,
    separateStreams,
    warnings,
  } = meta
  const spec = { argv, cwd, env, echo, size }
  const createdAt = new Date(meta.createdAt)
  return { id, spec, backend, tty, separateStreams, logLimit, name, tags, owner, warnings, createdAt }
}
