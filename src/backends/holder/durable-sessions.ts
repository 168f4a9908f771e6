// Durable sessions of a server: starts holders, stores records, and recovers sessions after a restart.

import { dirname } from "node:path"
import { isDeepStrictEqual } from "node:util"
import { mapConcurrent } from "../../core/lib/concurrency.ts"
import { PtylineError } from "../../core/lib/errors.ts"
import type { DurableSession, DurableSessions } from "../../core/registry/durable.ts"
import type { SessionOptions } from "../../core/session/options.ts"
import { Records } from "../../core/session/records.ts"
import type { Session } from "../../core/session/session.ts"
import { DiskTotal } from "../../store/segments/disk-total.ts"
import { recoverLog } from "../../store/segments/recover.ts"
import { DISK_LIMIT, DISK_TOTAL } from "../../store/segments/sizes.ts"
import type { SyncPolicy } from "../../store/segments/sync.ts"
import { Catalogue } from "../../store/state/catalogue.ts"
import { RecordFiles } from "../../store/state/record-files.ts"
import {
  listSessions,
  SessionDirectory,
  sweepSessions,
  type Unreadable,
} from "../../store/state/session-directory.ts"
import { identityOf } from "../process/identity.ts"
import { DiskArchive } from "./archive.ts"
import { Holders } from "./holders.ts"
import { changeable, metaOf, optionsOf } from "./meta.ts"

/** Sessions recovered at the same time. */
const AT_ONCE = 32
/** How often the total size of all logs is checked, in ms. */
const SWEEP_MS = 5000

/** A session or file that could not be recovered, for the server's log. */
type RecoveryProblem = Unreadable

type HolderSessionsOptions = {
  /** The state directory. */
  state: string
  /** The server's socket; the holders' sockets are in the same directory. */
  socket: string
  master: Uint8Array
  /** Whether new sessions get holders. */
  starts: boolean
  /** Output kept on disk per session, in bytes, and when it is synced to the disk. */
  diskLimit?: number
  sync?: SyncPolicy
  /** Output kept on disk for all sessions, in bytes. */
  diskTotal?: number
  onTrouble: (error: unknown) => void
}

export class HolderSessions implements DurableSessions {
  readonly starts: boolean
  #state: string
  #holders: Holders
  #master: Uint8Array
  #onTrouble: (error: unknown) => void
  #catalogue: Catalogue
  #files: RecordFiles
  #sweeper: ReturnType<typeof setInterval>
  #directories = new Map<string, SessionDirectory>()

  constructor(options: HolderSessionsOptions) {
    const { state, socket, master, starts, diskLimit, diskTotal, sync, onTrouble } = options
    this.starts = starts && process.platform !== "win32"
    this.#onTrouble = onTrouble
    this.#state = state
    this.#holders = new Holders(dirname(socket), {
      sync: sync ?? "interval",
      diskLimit: diskLimit ?? DISK_LIMIT,
    })
    this.#master = master
    this.#catalogue = new Catalogue(state)
    this.#files = new RecordFiles(state, master)
    const total = new DiskTotal(state, diskTotal ?? DISK_TOTAL)
    this.#sweeper = setInterval(() => void total.sweep(), SWEEP_MS)
    this.#sweeper.unref()
  }

  /** Returns the server's own records. Every change is stored. */
  serverRecords(): Records {
    const records = new Records(this.#files.entries)
    records.changed = space =>
      this.#reportFailure(() => {
        const entries = records.entries()
        this.#catalogue.setEntries(entries)
        this.#files.write(
          space,
          entries.filter(entry => entry.space === space),
        )
      })
    return records
  }

  async start(options: SessionOptions): Promise<DurableSession> {
    const directory = this.#create(options)
    try {
      await this.#startHolder(directory, options)
    } catch (error) {
      await directory.remove()
      throw error
    }
    return this.#holders.alive({ ...options, archive: new DiskArchive(directory.path, directory.key) }, 0)
  }

  async restart(options: SessionOptions): Promise<DurableSession> {
    const directory = this.#directories.get(options.id)
    if (!directory) throw new PtylineError("unavailable", `session ${options.id} has no directory on disk`)
    const before = directory.meta
    await this.#holders.untilGone(before)
    directory.update({ ...metaOf(options), createdAt: before.createdAt, facts: before.facts })
    try {
      await this.#startHolder(directory, options)
    } catch (error) {
      this.#reportFailure(() => directory.update({ launches: [], ...before }))
      throw error
    }
    return this.#holders.alive(options, options.start ?? 0)
  }

  /** After a failed write, the next server sees older values; the session continues. */
  update(session: Session): void {
    const directory = this.#directories.get(session.id)
    if (!directory) return
    const patch = changeable(session)
    if (isDeepStrictEqual({ ...directory.meta, ...patch }, directory.meta)) return
    this.#reportFailure(() => {
      directory.update(patch)
      this.#register(directory)
    })
  }

  remove(id: string): void {
    const directory = this.#directories.get(id)
    this.#directories.delete(id)
    this.#catalogue.remove(id)
    this.#holders.removeSocket(id)
    void directory?.remove()
  }

  /** Finds all sessions on disk: those whose holder still runs, and those that ended while no server ran. */
  async recover(): Promise<{ kept: DurableSession[]; trouble: RecoveryProblem[] }> {
    await sweepSessions(this.#state)
    const { sessions, unreadable: trouble } = listSessions(this.#state, this.#master)
    const found = await mapConcurrent(AT_ONCE, sessions, async directory => {
      try {
        return await this.#recoverOne(directory, trouble)
      } catch (error) {
        trouble.push({ path: directory.path, reason: (error as Error).message })
        return null
      }
    })
    this.#catalogue.rebuild([...this.#directories.values()].map(({ meta }) => meta))
    for (const { meta } of this.#directories.values()) this.#catalogue.setEntries(meta.facts ?? [], meta.id)
    this.#catalogue.setEntries(this.#files.entries)
    for (const path of this.#files.unreadable)
      trouble.push({ path, reason: "damaged records, or records encrypted with another key" })
    const kept = found.filter(session => session !== null)
    return { kept: kept.sort((a, b) => createdAt(a) - createdAt(b)), trouble }
  }

  close(): void {
    clearInterval(this.#sweeper)
    this.#catalogue.close()
  }

  #register(directory: SessionDirectory): void {
    this.#directories.set(directory.meta.id, directory)
    this.#catalogue.put(directory.meta)
    this.#catalogue.setEntries(directory.meta.facts ?? [], directory.meta.id)
  }

  /** Reports an exception to `onTrouble` instead of throwing it. */
  #reportFailure(work: () => void): void {
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
        `the session's directory could not be created: ${(error as NodeJS.ErrnoException).code}`,
      )
    }
  }

  /** Starts the holder and stores its identity. */
  async #startHolder(directory: SessionDirectory, options: SessionOptions): Promise<void> {
    const pid = await this.#holders.start(directory, options)
    this.#directories.set(options.id, directory)
    this.#reportFailure(() => {
      directory.update({ holder: identityOf(pid) })
      this.#register(directory)
    })
  }

  /** Resolves with null for the rest of a start that a crash interrupted. */
  async #recoverOne(directory: SessionDirectory, trouble: RecoveryProblem[]): Promise<DurableSession | null> {
    const { path, key, meta } = directory
    const archive = new DiskArchive(path, key)
    if (await this.#holders.answers(meta)) {
      const end = await archive.end()
      this.#directories.set(meta.id, directory)
      return {
        ...this.#holders.alive({ ...optionsOf(meta), archive, start: end }, end),
        news: meta.exit === null,
      }
    }
    this.#holders.removeSocket(meta.id)
    const { end, exit, damage } = await recoverLog(path, key)
    if (damage) trouble.push({ path: damage.file, reason: `${damage.reason}, at byte ${damage.position}` })
    if (!meta.holder && end === 0 && !exit) return directory.remove().then(() => null)
    this.#directories.set(meta.id, directory)
    return {
      options: { ...optionsOf(meta), archive, start: end },
      connect: null,
      exit: exit ?? meta.exit,
      news: meta.exit === null,
    }
  }
}

const createdAt = ({ options }: DurableSession): number => options.createdAt?.getTime() ?? 0
