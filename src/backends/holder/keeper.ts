// Keeps sessions beyond the server's life: starts holders, writes down what they hold, and finds them again.

import { createHash } from "node:crypto"
import { rmSync } from "node:fs"
import { dirname, join } from "node:path"
import type { Keeper, Kept } from "../../core/archive.ts"
import { PtylineError } from "../../core/errors.ts"
import { Records } from "../../core/records.ts"
import type { Session, SessionOptions } from "../../core/session.ts"
import { Catalogue } from "../../store/catalogue.ts"
import { RecordFiles } from "../../store/record-files.ts"
import { recoverLog } from "../../store/recover.ts"
import {
  listSessions,
  SessionDirectory,
  sweepSessions,
  type Unreadable,
} from "../../store/session-directory.ts"
import type { Birth } from "./birth.ts"
import { connectHolder } from "./held.ts"
import { changeable, metaOf, optionsOf } from "./meta.ts"
import { DiskArchive } from "./older.ts"
import { startHolder } from "./start.ts"

/** Output kept on disk per session, in bytes. */
const DISK_LIMIT = 64 << 20

/** What could not be taken up again, for the log. */
export type Trouble = Unreadable

/** What a holder can hold. */
const HELD: string[] = ["terminal", "pipe", "echo"] satisfies Birth["backend"][]

export type KeeperOptions = {
  /** The state directory. */
  state: string
  /** The server's own socket; the holders' sockets stand beside it. */
  socket: string
  master: Uint8Array
  /** Start holders for new sessions? */
  starts: boolean
  onTrouble: (error: unknown) => void
}

export class HolderKeeper implements Keeper {
  readonly starts: boolean
  #state: string
  #sockets: string
  #master: Uint8Array
  #onTrouble: (error: unknown) => void
  #catalogue: Catalogue
  #files: RecordFiles
  #kept = new Map<string, SessionDirectory>()

  constructor({ state, socket, master, starts, onTrouble }: KeeperOptions) {
    this.starts = starts && process.platform !== "win32"
    this.#onTrouble = onTrouble
    this.#state = state
    this.#sockets = dirname(socket)
    this.#master = master
    this.#catalogue = new Catalogue(state)
    this.#files = new RecordFiles(state, master)
  }

  holds(backend: string): boolean {
    return HELD.includes(backend)
  }

  /** The server's own records; every change is written down. */
  serverRecords(): Records {
    const records = new Records(this.#files.entries)
    records.changed = space =>
      this.#quietly(() => {
        const entries = records.entries()
        this.#catalogue.note(entries)
        this.#files.write(
          space,
          entries.filter(entry => entry.space === space),
        )
      })
    return records
  }

  async start(options: SessionOptions): Promise<Kept> {
    const { id, spec, backend } = options
    if (!this.holds(backend))
      throw new PtylineError("invalid_input", `a session on backend ${backend} cannot be durable`, {
        backend,
      })
    const directory = SessionDirectory.create(this.#state, this.#master, metaOf(options))
    const [path, key] = [directory.path, Buffer.from(directory.key).toString("base64")]
    try {
      await startHolder({
        id,
        spec,
        backend: backend as Birth["backend"],
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
    const patch = changeable(session)
    if (Bun.deepEquals(patch, { ...directory.meta, ...patch }, true)) return
    this.#quietly(() => {
      directory.update(patch)
      this.#note(directory)
    })
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
    for (const { meta } of this.#kept.values()) this.#catalogue.note(meta.facts ?? [], meta.id)
    this.#catalogue.note(this.#files.entries)
    for (const path of this.#files.unreadable)
      trouble.push({ path, reason: "records that are damaged, or another key's" })
    return { kept, trouble }
  }

  close(): void {
    this.#catalogue.close()
  }

  #note(directory: SessionDirectory): void {
    this.#kept.set(directory.meta.id, directory)
    this.#catalogue.put(directory.meta)
    this.#catalogue.note(directory.meta.facts ?? [], directory.meta.id)
  }

  #quietly(work: () => void): void {
    try {
      work()
    } catch (error) {
      this.#onTrouble(error)
    }
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
