// MOP's door to the core: private sessions by key, the public one, aliases; who may still use what (contract mop, 3.1 and 3.2).

import type { Sessions } from "../../core/registry/sessions.ts"
import type { Fact } from "../../core/session/records.ts"
import type { Session } from "../../core/session/session.ts"
import type { AtticRecord, MopAttic } from "./attic/attic.ts"
import { MopError } from "./responses.ts"
import { MopCredentials, newAlias, newKey, newServerId } from "./session/credentials.ts"
import { History } from "./session/history.ts"
import { type KeyRecord, MopSession, recordOf } from "./session/mop-session.ts"
import { spawnCopy } from "./session/spawn.ts"

/** How long a process may take to obey HUP and TERM, in ms. */
const GRACE_MS = 1000
/** The alias that is always known. */
export const PUBLIC = "Public"

export type MopOptions = {
  sessions: Sessions
  /** The command, as words. */
  argv: string[]
  pepper: Uint8Array
  /** Is there a public session? */
  publicSession: boolean
  attic: MopAttic | null
}

type InitOptions = { echo: boolean; usePipe: boolean; attic: string | null }
export type Started = { key: string; publicKey: string; attic: AtticRecord | null }

export class Mop {
  readonly argv: string[]
  readonly serverId = newServerId()
  readonly attic: MopAttic | null
  readonly #keys: MopCredentials
  readonly #sessions: Sessions
  readonly #options: MopOptions
  readonly #startedAt = performance.now()
  #private = new Map<string, MopSession>()
  /** Hashes of keys whose record is being fetched: their session is not there yet, and must not be started twice. */
  #comingBack = new Set<string>()
  #public: MopSession | null = null
  #publicStarts: Promise<void> | null = null
  #closing = false

  constructor(options: MopOptions) {
    this.#options = options
    this.#sessions = options.sessions
    this.#keys = new MopCredentials(options.pepper)
    this.argv = options.argv
    this.attic = options.attic
  }

  /** "" without a public session. */
  get publicKey(): string {
    return this.#options.publicSession ? this.#keys.publicKey : ""
  }

  get publicMopSession(): MopSession | null {
    return this.#public
  }

  /** How many sessions there are, exited ones and the public one included. */
  get count(): number {
    return this.#private.size + (this.#public ? 1 : 0)
  }

  get pendingWrites(): number {
    return this.#public?.pendingWrites ?? 0
  }

  get uptimeS(): number {
    return Math.floor((performance.now() - this.#startedAt) / 1000)
  }

  isPublicKey(key: string): boolean {
    return this.#options.publicSession && key === this.#keys.publicKey
  }

  /** What a key opens; null for a key that is unknown or of a session that is gone, and for the public one while it does not run. */
  find(key: string): MopSession | null {
    return this.isPublicKey(key) ? this.#public : (this.#private.get(this.#keys.hash(key)) ?? null)
  }

  /** Takes up what an earlier server left running. */
  async recover(): Promise<void> {
    for (const session of this.#sessions.list()) {
      const record = recordOf(session)
      if (record) this.#adopt(session, record, await History.of(session))
    }
    this.streamsChanged()
  }

  /** Starts a private session, and the public one if there is none. Throws `MopError`. */
  async init(wishes: InitOptions): Promise<Started> {
    const key = wishes.attic ?? newKey()
    const hash = this.#keys.hash(key)
    const record = wishes.attic === null ? null : await this.#fromAttic(hash)
    try {
      const session = await spawnCopy(this.#sessions, this.argv, wishes)
      this.#adopt(session, fresh(hash, record ? ["attic"] : [])).keep()
    } finally {
      this.#comingBack.delete(hash)
    }
    await this.#ensurePublic(wishes.echo)
    return { key, publicKey: this.publicKey, attic: record }
  }

  /** A new way to open one socket on a session. */
  alias(mopSession: MopSession): string {
    if (mopSession.isPublic) return PUBLIC
    const alias = newAlias()
    mopSession.addAlias(alias)
    return alias
  }

  /** What an alias opens, which is used up by that; null for one that is unknown or used. */
  redeem(alias: string): MopSession | null {
    for (const mopSession of this.#private.values()) if (mopSession.useAlias(alias)) return mopSession
    return null
  }

  /** Ends a session; its key is void at once. Resolves when no process is left; rejects with why archiving failed. */
  async end(mopSession: MopSession, pickle?: unknown): Promise<void> {
    this.#void(mopSession)
    const end = () => this.#finish(mopSession)
    try {
      if (!mopSession.flagged || !this.attic) return await end()
      await this.attic.store(mopSession.hash, mopSession.session, { tags: mopSession.tags, pickle }, end)
    } catch (error) {
      // whatever the archive did not come to
      await end()
      throw error
    } finally {
      this.streamsChanged()
    }
  }

  /** A stream of the public session came or went: it ends with the last one when no private session is left. */
  streamsChanged(): void {
    const mopSession = this.#public
    if (!mopSession || this.#private.size > 0 || mopSession.streams > 0) return
    this.#void(mopSession)
    void this.#finish(mopSession)
  }

  /** For the server's end: flagged sessions are archived and go on where they can, the others end. */
  async close(): Promise<void> {
    this.#closing = true
    const all = [...this.#private.values(), ...(this.#public ? [this.#public] : [])]
    await Promise.allSettled(all.map(mopSession => this.#leave(mopSession)))
  }

  async #leave(mopSession: MopSession): Promise<void> {
    if (mopSession.flagged && this.attic) {
      const { hash, session, tags } = mopSession
      await this.attic.store(hash, session, { tags }, async () => {})
      if (session.durable) return mopSession.close()
    }
    this.#void(mopSession)
    await this.#finish(mopSession)
  }

  async #fromAttic(hash: string): Promise<AtticRecord> {
    const refused = (why: string) => new MopError(500, "Error retrieving attic", { error: why })
    if (this.#private.has(hash) || this.#comingBack.has(hash)) throw refused("session is still running")
    if (!this.attic) throw refused("Not found")
    this.#comingBack.add(hash)
    return this.attic.load(hash).catch(error => {
      this.#comingBack.delete(hash)
      throw refused((error as Error).message)
    })
  }

  async #ensurePublic(echo: boolean): Promise<void> {
    if (!this.#options.publicSession || this.#public?.alive) return
    this.#publicStarts ??= this.#startPublic(echo).finally(() => {
      this.#publicStarts = null
    })
    await this.#publicStarts
  }

  /** In place of one that exited. A private session is of use also when there is no room for the public one. */
  async #startPublic(echo: boolean): Promise<void> {
    const old = this.#public
    if (old) {
      this.#void(old)
      void this.#finish(old)
    }
    const wishes = { echo, usePipe: false }
    const session = await spawnCopy(this.#sessions, this.argv, wishes).catch(() => null)
    if (!session) return
    this.#adopt(session, fresh(this.#keys.hash(this.#keys.publicKey), ["public"])).keep()
    this.streamsChanged()
  }

  #adopt(session: Session, record: KeyRecord, history: History | null = null): MopSession {
    const isPublic = record.hash === this.#keys.hash(this.#keys.publicKey)
    const forgotten = () => this.#forgotten(mopSession)
    const mopSession: MopSession = new MopSession(session, record, { isPublic, history, forgotten })
    if (isPublic) this.#public = mopSession
    else this.#private.set(mopSession.hash, mopSession)
    return mopSession
  }

  /** The core forgot it, or somebody ended it from another side. */
  #forgotten(mopSession: MopSession): void {
    if (this.#closing) return
    this.#void(mopSession)
    this.streamsChanged()
  }

  #void(mopSession: MopSession): void {
    if (this.#public === mopSession) this.#public = null
    if (this.#private.get(mopSession.hash) === mopSession) this.#private.delete(mopSession.hash)
    mopSession.close()
  }

  async #finish({ session }: MopSession): Promise<void> {
    await session.end(GRACE_MS)
    this.#sessions.remove(session)
  }
}

const fresh = (hash: string, tags: Fact[]): KeyRecord => ({
  hash,
  waivers: [],
  tags,
  flagged: false,
})
