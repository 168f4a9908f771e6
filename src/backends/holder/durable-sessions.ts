// Keeps sessions beyond the server's life: starts holders, writes down what they hold, and finds them again.

import { dirname } from "node:path"
import { sideBySide } from "../../core/lib/concurrency.ts"
import { PtylineError } from "../../core/lib/errors.ts"
import type { DurableSession, DurableSessions } from "../../core/log/archive.ts"
import type { SessionOptions } from "../../core/session/options.ts"
import { Records } from "../../core/session/records.ts"
import type { Session } from "../../core/session/session.ts"
import { DISK_LIMIT, DISK_TOTAL } from "../../store/frames/sizes.ts"
import { DiskTotal } from "../../store/segments/disk-total.ts"
import { recoverLog } from "../../store/segments/recover.ts"
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
import type { HolderConfig } from "./config.ts"
import { Holders } from "./holders.ts"
import { changeable, metaOf, optionsOf } from "./meta.ts"

/** Kept sessions that are looked at side by side at a start. */
const AT_ONCE = 32
/** How often the sum of all logs is looked at, in ms. */
const SWEEP_MS = 5000

/** What could not be taken up again, for the log. */
export type RecoveryProblem = Unreadable

/** What a holder can hold. */
const HELD: string[] = ["terminal", "pipe", "echo"] satisfies HolderConfig["backend"][]

export type HolderSessionsOptions = {
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

export class HolderSessions implements DurableSessions {
  readonly starts: boolean
  #state: string
  #holders: Holders
  #master: Uint8Array
  #onTrouble: (error: unknown) => void
  #catalogue: Catalogue
  #files: RecordFiles
  #sweeper: ReturnType<typeof setInterval>
  #kept = new Map<string, SessionDirectory>()

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

  async start(options: SessionOptions): Promise<DurableSession> {
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
    return this.#holders.alive({ ...options, archive: new DiskArchive(directory.path, directory.key) }, 0)
  }

  async restart(options: SessionOptions): Promise<DurableSession> {
    const directory = this.#kept.get(options.id)
    if (!directory) throw new PtylineError("unavailable", `nothing is kept of session ${options.id}`)
    const before = directory.meta
    await this.#holders.untilGone(before)
    directory.update({ ...metaOf(options), createdAt: before.createdAt, facts: before.facts })
    try {
      await this.#hold(directory, options)
    } catch (error) {
      this.#quietly(() => directory.update({ launches: [], ...before }))
      throw error
    }
    return this.#holders.alive(options, options.start ?? 0)
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
    this.#holders.removeSocket(id)
    void directory?.remove()
  }

  /** Everything that was kept, as it is found: held on, or ended while nobody looked. */
  async recover(): Promise<{ kept: DurableSession[]; trouble: RecoveryProblem[] }> {
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
  async #hold(directory: SessionDirectory, options: SessionOptions): Promise<void> {
    const pid = await this.#holders.start(directory, options)
    this.#kept.set(options.id, directory)
    this.#quietly(() => {
      directory.update({ holder: identityOf(pid) })
      this.#note(directory)
    })
  }

  /** Null for what a crash left of a start that never came to anything. */
  async #find(directory: SessionDirectory, trouble: RecoveryProblem[]): Promise<DurableSession | null> {
    const { path, key, meta } = directory
    const archive = new DiskArchive(path, key)
    if (await this.#holders.answers(meta)) {
      const end = await archive.end()
      this.#kept.set(meta.id, directory)
      return {
        ...this.#holders.alive({ ...optionsOf(meta), archive, start: end }, end),
        news: meta.exit === null,
      }
    }
    this.#holders.removeSocket(meta.id)
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
}

const bornAt = ({ options }: DurableSession): number => options.createdAt?.getTime() ?? 0
