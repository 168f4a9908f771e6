// Keeps sessions beyond the server's life: starts holders, writes down what they hold, and finds them again.

import { createHash } from "node:crypto"
import { rmSync } from "node:fs"
import { dirname, join } from "node:path"
import type { Keeper, Kept } from "../../core/archive.ts"
import { PtylineError } from "../../core/errors.ts"
import { Records } from "../../core/records.ts"
import type { Session } from "../../core/session.ts"
import type { SessionOptions } from "../../core/session-options.ts"
import { sideBySide } from "../../core/side-by-side.ts"
import { delay } from "../../core/wake.ts"
import { Catalogue } from "../../store/catalogue.ts"
import { DiskTotal } from "../../store/disk-total.ts"
import type { SessionMeta } from "../../store/record.ts"
import { RecordFiles } from "../../store/record-files.ts"
import { recoverLog } from "../../store/recover.ts"
import {
  listSessions,
  SessionDirectory,
  sweepSessions,
  type Unreadable,
} from "../../store/session-directory.ts"
import { DISK_LIMIT, DISK_TOTAL } from "../../store/sizes.ts"
import type { SyncPolicy } from "../../store/sync.ts"
import type { Birth } from "./birth.ts"
import { connectHolder } from "./held.ts"
import { identityOf } from "./identity.ts"
import { changeable, metaOf, optionsOf } from "./meta.ts"
import { DiskArchive } from "./older.ts"
import { holderAnswers } from "./probe.ts"
import { startHolder } from "./start.ts"

/** Kept sessions that are looked at side by side at a start. */
const AT_ONCE = 32
/** How often the sum of all logs is looked at, in ms. */
const SWEEP_MS = 5000
/** How long a holder that was let go may take to go, in ms. */
const GOING_MS = 3000

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
  /** Output kept on disk per session, in bytes, and when it is made to outlive the machine. */
  diskLimit?: number
  sync?: SyncPolicy
  /** Output kept on disk for all sessions, in bytes. */
  diskTotal?: number
  onTrouble: (error: unknown) => void
}

export class HolderKeeper implements Keeper {
  readonly starts: boolean
  #state: string
  #sockets: string
  #diskLimit: number
  #sync: SyncPolicy
  #master: Uint8Array
  #onTrouble: (error: unknown) => void
  #catalogue: Catalogue
  #files: RecordFiles
  #sweeper: ReturnType<typeof setInterval>
  #kept = new Map<string, SessionDirectory>()

  constructor(options: KeeperOptions) {
    const { state, socket, master, starts, diskLimit, diskTotal, sync, onTrouble } = options
    this.#diskLimit = diskLimit ?? DISK_LIMIT
    this.#sync = sync ?? "interval"
    this.starts = starts && process.platform !== "win32"
    this.#onTrouble = onTrouble
    this.#state = state
    this.#sockets = dirname(socket)
    this.#master = master
    this.#catalogue = new Catalogue(state)
    this.#files = new RecordFiles(state, master)
    const total = new DiskTotal(state, diskTotal ?? DISK_TOTAL)
    this.#sweeper = setInterval(() => void total.sweep(), SWEEP_MS)
    this.#sweeper.unref()
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
    const { backend } = options
    if (!this.holds(backend))
      throw new PtylineError("invalid_input", `a session on backend ${backend} cannot be durable`, {
        backend,
      })
    const directory = this.#create(options)
    try {
      await this.#hold(directory, options)
    } catch (error) {
      await directory.remove()
      throw error
    }
    return this.#alive({ ...options, archive: new DiskArchive(directory.path, directory.key) }, 0)
  }

  async restart(options: SessionOptions): Promise<Kept> {
    const directory = this.#kept.get(options.id)
    if (!directory) throw new PtylineError("unavailable", `nothing is kept of session ${options.id}`)
    const before = directory.meta
    await this.#untilGone(before)
    directory.update({ ...metaOf(options), createdAt: before.createdAt, facts: before.facts })
    try {
      await this.#hold(directory, options)
    } catch (error) {
      this.#quietly(() => directory.update({ launches: [], ...before }))
      throw error
    }
    return this.#alive(options, options.start ?? 0)
  }

  /** A disk that does not take it leaves the older facts for the next server; the session itself goes on. */
  update(session: Session): void {
    const directory = this.#kept.get(session.id)
    if (!directory) return
    const patch = changeable(session)
    if (Bun.deepEquals({ ...directory.meta, ...patch }, directory.meta)) return
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
    const found = await sideBySide(AT_ONCE, sessions, async directory => {
      try {
        return await this.#find(directory, trouble)
      } catch (error) {
        trouble.push({ path: directory.path, reason: (error as Error).message })
        return null
      }
    })
    this.#catalogue.rebuild([...this.#kept.values()].map(({ meta }) => meta))
    for (const { meta } of this.#kept.values()) this.#catalogue.note(meta.facts ?? [], meta.id)
    this.#catalogue.note(this.#files.entries)
    for (const path of this.#files.unreadable)
      trouble.push({ path, reason: "records that are damaged, or another key's" })
    const kept = found.filter(kept => kept !== null)
    return { kept: kept.sort((a, b) => bornAt(a) - bornAt(b)), trouble }
  }

  close(): void {
    clearInterval(this.#sweeper)
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

  #create(options: SessionOptions): SessionDirectory {
    try {
      return SessionDirectory.create(this.#state, this.#master, metaOf(options))
    } catch (error) {
      if (error instanceof PtylineError) throw error
      throw new PtylineError(
        "unavailable",
        `its directory cannot be made: ${(error as NodeJS.ErrnoException).code}`,
      )
    }
  }

  /** Starts the holder and notes who it is. */
  async #hold(
    directory: SessionDirectory,
    { id, spec, backend, start, launches }: SessionOptions,
  ): Promise<void> {
    const pid = await startHolder({
      ...{ id, spec, start, sync: this.#sync, diskLimit: this.#diskLimit },
      backend: backend as Birth["backend"],
      directory: directory.path,
      socket: this.#socketOf(id),
      key: Buffer.from(directory.key).toString("base64"),
      relaunch: launches?.length,
    })
    this.#kept.set(id, directory)
    this.#quietly(() => {
      directory.update({ holder: identityOf(pid) })
      this.#note(directory)
    })
  }

  /** The holder of an ended session goes by itself once it was told to; its log has one writer at a time. */
  async #untilGone({ id, holder }: Pick<SessionMeta, "id" | "holder">): Promise<void> {
    const late = AbortSignal.timeout(GOING_MS)
    const gone = async () => !(await holderAnswers(this.#socketOf(id), id, holder).catch(() => true))
    while (!(await gone())) {
      if (late.aborted) throw new PtylineError("unavailable", `the holder of session ${id} is still there`)
      await delay(5)
    }
    rmSync(this.#socketOf(id), { force: true })
  }

  /** Null for what a crash left of a start that never came to anything. */
  async #find(directory: SessionDirectory, trouble: Trouble[]): Promise<Kept | null> {
    const { path, key, meta } = directory
    const archive = new DiskArchive(path, key)
    if (await holderAnswers(this.#socketOf(meta.id), meta.id, meta.holder)) {
      const end = await archive.end()
      this.#kept.set(meta.id, directory)
      return { ...this.#alive({ ...optionsOf(meta), archive, start: end }, end), news: meta.exit === null }
    }
    rmSync(this.#socketOf(meta.id), { force: true })
    const { end, exit, damage } = await recoverLog(path, key)
    if (damage) trouble.push({ path: damage.file, reason: `${damage.reason}, at byte ${damage.position}` })
    if (!meta.holder && end === 0 && !exit) return directory.remove().then(() => null)
    this.#kept.set(meta.id, directory)
    return {
      options: { ...optionsOf(meta), archive, start: end },
      connect: null,
      exit: exit ?? meta.exit,
      news: meta.exit === null,
    }
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

const bornAt = ({ options }: Kept): number => options.createdAt?.getTime() ?? 0
