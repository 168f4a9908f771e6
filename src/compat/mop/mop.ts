// MOP's sessions: private ones by key, the public one, and their aliases (contract mop, 3.1 and 3.2).

import type { Sessions } from "../../core/registry/sessions.ts"
import type { Fact } from "../../core/session/records.ts"
import type { Session } from "../../core/session/session.ts"
import type { AtticRecord, MopAttic } from "./attic/attic.ts"
import { MopError } from "./responses.ts"
import { MopCredentials, newAlias, newKey, newServerId } from "./session/credentials.ts"
import { History } from "./session/history.ts"
import { type KeyRecord, MopSession, recordOf } from "./session/mop-session.ts"
import { spawnCopy } from "./session/spawn.ts"

/** How long a process may take to exit after HUP and TERM, in ms. */
const GRACE_MS = 1000
/** The alias of the public session. */
export const PUBLIC = "Public"

type MopOptions = {
  sessions: Sessions
  argv: string[]
  pepper: Uint8Array
  publicSession: boolean
  attic: MopAttic | null
}

type InitOptions = { echo: boolean; usePipe: boolean; attic: string | null }
type Started = { key: string; publicKey: string; attic: AtticRecord | null }

export class Mop {
  readonly argv: string[]
  readonly serverId = newServerId()
  readonly attic: MopAttic | null
  readonly #credentials: MopCredentials
  readonly #sessions: Sessions
  readonly #hasPublic: boolean
  readonly #startedAt = performance.now()
  /** By the hash of their key. */
  #private = new Map<string, MopSession>()
  /** Hashes of keys whose session is starting from the attic. It must not start twice. */
  #restoring = new Set<string>()
  #public: MopSession | null = null
  #publicStart: Promise<void> | null = null
  #closing = false

  constructor({ sessions, argv, pepper, publicSession, attic }: MopOptions) {
    this.#sessions = sessions
    this.#credentials = new MopCredentials(pepper)
    this.#hasPublic = publicSession
    this.argv = argv
    this.attic = attic
  }

  /** Empty without a public session. */
  get publicKey(): string {
    return this.#hasPublic ? this.#credentials.publicKey : ""
  }

  get publicSession(): MopSession | null {
    return this.#public
  }

  /** The number of sessions, including exited ones and the public one. */
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
    return this.#hasPublic && key === this.#credentials.publicKey
  }

  /** Returns a key's session; null for an unknown key and for the public key without a running session. */
  find(key: string): MopSession | null {
    if (this.isPublicKey(key)) return this.#public
    return this.#private.get(this.#credentials.hash(key)) ?? null
  }

  /** Adopts the sessions of an earlier server. */
  async recover(): Promise<void> {
    for (const session of this.#sessions.list()) {
      const record = recordOf(session)
      if (record) this.#adopt(session, record, await History.of(session))
    }
    this.endUnusedPublic()
  }

  /** Starts a private session, and the public one if it is missing. Throws `MopError`. */
  async init(options: InitOptions): Promise<Started> {
    const key = options.attic ?? newKey()
    const hash = this.#credentials.hash(key)
    const record = options.attic === null ? null : await this.#loadFromAttic(hash)
    try {
      const session = await spawnCopy(this.#sessions, this.argv, options)
      this.#adopt(session, newRecord(hash, record ? ["attic"] : [])).save()
    } finally {
      this.#restoring.delete(hash)
    }
    await this.#ensurePublic(options.echo)
    return { key, publicKey: this.publicKey, attic: record }
  }

  /** Returns a new alias, which opens one socket. */
  alias(mopSession: MopSession): string {
    if (mopSession.isPublic) return PUBLIC
    const alias = newAlias()
    mopSession.addAlias(alias)
    return alias
  }

  /** Uses up an alias and returns its session; null for an unknown or used alias. */
  redeem(alias: string): MopSession | null {
    for (const mopSession of this.#private.values()) if (mopSession.useAlias(alias)) return mopSession
    return null
  }

  /** Counts a stream, also as a viewer, until the returned function is called. Safe to call twice. */
  addStream(mopSession: MopSession): () => void {
    const { session, waivers } = mopSession
    // a raw stream ends at a terminal, which answers queries itself
    const attachment = session.attach(session.tty && waivers.has("RAW_ANSI"))
    mopSession.streams++
    let removed = false
    return () => {
      if (removed) return
      removed = true
      mopSession.streams--
      attachment.detach()
      this.endUnusedPublic()
    }
  }

  /** Ends a session and revokes its key at once. Resolves after the exit. Rejects if archiving failed. */
  async end(mopSession: MopSession, pickle?: unknown): Promise<void> {
    this.#revoke(mopSession)
    const { flagged, hash, session, tags } = mopSession
    const end = () => this.#finish(mopSession)
    try {
      if (!flagged || !this.attic) return await end()
      await this.attic.store(hash, session, { tags, pickle }, end)
    } catch (error) {
      // the attic may have failed before it called `end`
      await end()
      throw error
    } finally {
      this.endUnusedPublic()
    }
  }

  /** Ends the public session if it has no stream and no private session is left. */
  endUnusedPublic(): void {
    const mopSession = this.#public
    if (!mopSession || this.#private.size > 0 || mopSession.streams > 0) return
    this.#revoke(mopSession)
    void this.#finish(mopSession)
  }

  /** Stops MOP: archives flagged sessions, which continue if they are durable, and ends the others. */
  async close(): Promise<void> {
    this.#closing = true
    const all = [...this.#private.values(), ...(this.#public ? [this.#public] : [])]
    await Promise.allSettled(all.map(mopSession => this.#shutDown(mopSession)))
  }

  async #shutDown(mopSession: MopSession): Promise<void> {
    const { flagged, hash, session, tags } = mopSession
    if (flagged && this.attic) {
      await this.attic.store(hash, session, { tags }, async () => {})
      if (session.durable) return mopSession.close()
    }
    this.#revoke(mopSession)
    await this.#finish(mopSession)
  }

  async #loadFromAttic(hash: string): Promise<AtticRecord> {
    const failed = (why: string) => new MopError(500, "Error retrieving attic", { error: why })
    if (this.#private.has(hash) || this.#restoring.has(hash)) throw failed("session is still running")
    if (!this.attic) throw failed("Not found")
    this.#restoring.add(hash)
    return this.attic.load(hash).catch(error => {
      this.#restoring.delete(hash)
      throw failed((error as Error).message)
    })
  }

  async #ensurePublic(echo: boolean): Promise<void> {
    if (!this.#hasPublic || this.#public?.alive) return
    this.#publicStart ??= this.#startPublic(echo).finally(() => {
      this.#publicStart = null
    })
    await this.#publicStart
  }

  /** Replaces an exited public session. A failure is ignored: the private session works without it. */
  async #startPublic(echo: boolean): Promise<void> {
    const old = this.#public
    if (old) {
      this.#revoke(old)
      void this.#finish(old)
    }
    const session = await spawnCopy(this.#sessions, this.argv, { echo, usePipe: false }).catch(() => null)
    if (!session) return
    this.#adopt(session, newRecord(this.#credentials.publicHash, ["public"])).save()
    this.endUnusedPublic()
  }

  #adopt(session: Session, record: KeyRecord, history: History | null = null): MopSession {
    const isPublic = record.hash === this.#credentials.publicHash
    const onRemoved = () => this.#removed(mopSession)
    const mopSession: MopSession = new MopSession(session, record, { isPublic, history, onRemoved })
    if (isPublic) this.#public = mopSession
    else this.#private.set(mopSession.hash, mopSession)
    return mopSession
  }

  /** The core or another surface removed the session. */
  #removed(mopSession: MopSession): void {
    if (this.#closing) return
    this.#revoke(mopSession)
    this.endUnusedPublic()
  }

  #revoke(mopSession: MopSession): void {
    if (this.#public === mopSession) this.#public = null
    if (this.#private.get(mopSession.hash) === mopSession) this.#private.delete(mopSession.hash)
    mopSession.close()
  }

  async #finish({ session }: MopSession): Promise<void> {
    await session.end(GRACE_MS)
    this.#sessions.remove(session)
  }
}

const newRecord = (hash: string, tags: Fact[]): KeyRecord => ({ hash, waivers: [], tags, flagged: false })
