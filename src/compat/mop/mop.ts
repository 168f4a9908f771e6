// MOP's door to the core: private sessions by key, the public one, aliases; who may still use what (contract mop, 3.1 and 3.2).

import { PtylineError } from "../../core/errors.ts"
import type { Fact } from "../../core/records.ts"
import type { Session } from "../../core/session.ts"
import type { CreateRequest, Sessions } from "../../core/sessions.ts"
import { Refusal } from "./answers.ts"
import type { Attic, AtticRecord } from "./attic.ts"
import { History } from "./history.ts"
import { Keys, newAlias, newKey, newServerId } from "./keys.ts"
import { type KeyRecord, Member, recordOf } from "./member.ts"
import { MAX_RETAINED } from "./track.ts"

/** How long a process may take to obey HUP and TERM, in ms. */
const GRACE_MS = 1000
/** The retained output, and room for what is being cut into elements. */
const LOG_LIMIT = MAX_RETAINED + (256 << 10)

/** What MOP gives a child beyond the server's own environment. */
const CHILD_ENV = {
  PYTHONUNBUFFERED: "1",
  PYTHONIOENCODING: "utf-8",
  TERM: "xterm",
  LANG: "C.UTF-8",
  LC_ALL: "C.UTF-8",
  LANGUAGE: "C.UTF-8",
}

/** The alias that is always known. */
export const PUBLIC = "Public"

export type MopOptions = {
  sessions: Sessions
  /** The command, as words. */
  argv: string[]
  pepper: Uint8Array
  /** Is there a public session? */
  publicSession: boolean
  attic: Attic | null
}

type Wishes = { echo: boolean; usePipe: boolean; attic: string | null }
export type Started = { key: string; publicKey: string; attic: AtticRecord | null }

export class Mop {
  readonly argv: string[]
  readonly serverId = newServerId()
  readonly attic: Attic | null
  readonly #keys: Keys
  readonly #sessions: Sessions
  readonly #options: MopOptions
  readonly #startedAt = performance.now()
  #private = new Map<string, Member>()
  /** Hashes of keys whose record is being fetched: their session is not there yet, and must not be started twice. */
  #comingBack = new Set<string>()
  #public: Member | null = null
  #closing = false

  constructor(options: MopOptions) {
    this.#options = options
    this.#sessions = options.sessions
    this.#keys = new Keys(options.pepper)
    this.argv = options.argv
    this.attic = options.attic
  }

  /** "" without a public session. */
  get publicKey(): string {
    return this.#options.publicSession ? this.#keys.publicKey : ""
  }

  get publicMember(): Member | null {
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
  find(key: string): Member | null {
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

  /** Starts a private session, and the public one if there is none. Throws `Refusal`. */
  async init(wishes: Wishes): Promise<Started> {
    const key = wishes.attic ?? newKey()
    const hash = this.#keys.hash(key)
    const record = wishes.attic === null ? null : await this.#fromAttic(hash)
    try {
      const session = await this.#spawn(wishes.echo, wishes.usePipe)
      this.#adopt(session, fresh(hash, record ? ["attic"] : [])).keep()
    } finally {
      this.#comingBack.delete(hash)
    }
    await this.#ensurePublic(wishes.echo)
    return { key, publicKey: this.publicKey, attic: record }
  }

  /** A new way to open one socket on a session. */
  alias(member: Member): string {
    if (member.isPublic) return PUBLIC
    const alias = newAlias()
    member.addAlias(alias)
    return alias
  }

  /** What an alias opens, which is used up by that; null for one that is unknown or used. */
  redeem(alias: string): Member | null {
    for (const member of this.#private.values()) if (member.useAlias(alias)) return member
    return null
  }

  /** Ends a session; its key is void at once. Resolves when no process is left; rejects with why archiving failed. */
  async end(member: Member, pickle?: unknown): Promise<void> {
    this.#void(member)
    const end = () => this.#finish(member)
    try {
      if (!member.flagged || !this.attic) return await end()
      await this.attic.store(member.hash, member.session, { tags: member.tags, pickle }, end)
    } finally {
      this.streamsChanged()
    }
  }

  /** A stream of the public session came or went: it ends with the last one when no private session is left. */
  streamsChanged(): void {
    const member = this.#public
    if (!member || this.#private.size > 0 || member.streams > 0) return
    this.#void(member)
    void this.#finish(member)
  }

  /** For the server's end: flagged sessions are archived and go on where they can, the others end. */
  async close(): Promise<void> {
    this.#closing = true
    const all = [...this.#private.values(), ...(this.#public ? [this.#public] : [])]
    await Promise.allSettled(all.map(member => this.#leave(member)))
  }

  async #leave(member: Member): Promise<void> {
    if (member.flagged && this.attic) {
      const { hash, session, tags } = member
      await this.attic.store(hash, session, { tags }, async () => {})
      if (session.durable) return member.close()
    }
    this.#void(member)
    await this.#finish(member)
  }

  async #fromAttic(hash: string): Promise<AtticRecord> {
    const refused = (why: string) => new Refusal(500, "Error retrieving attic", { error: why })
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
    const old = this.#public
    if (old) {
      this.#void(old)
      void this.#finish(old)
    }
    const session = await this.#spawn(echo, false).catch(() => null)
    if (!session) return
    const hash = this.#keys.hash(this.#keys.publicKey)
    if (this.#public) void session.end(0).then(() => this.#sessions.remove(session))
    else this.#adopt(session, fresh(hash, ["public"])).keep()
  }

  #adopt(session: Session, record: KeyRecord, history: History | null = null): Member {
    const isPublic = record.hash === this.#keys.hash(this.#keys.publicKey)
    const forgotten = () => this.#forgotten(member)
    const member: Member = new Member(session, record, { isPublic, history, forgotten })
    if (isPublic) this.#public = member
    else this.#private.set(member.hash, member)
    return member
  }

  /** The core forgot it, or somebody ended it from another side. */
  #forgotten(member: Member): void {
    if (this.#closing) return
    this.#void(member)
    this.streamsChanged()
  }

  #void(member: Member): void {
    if (this.#public === member) this.#public = null
    if (this.#private.get(member.hash) === member) this.#private.delete(member.hash)
    member.close()
  }

  async #finish({ session }: Member): Promise<void> {
    await session.end(GRACE_MS)
    this.#sessions.remove(session)
  }

  async #spawn(echo: boolean, usePipe: boolean): Promise<Session> {
    const request: CreateRequest = {
      argv: this.argv,
      env: CHILD_ENV,
      size: { cols: 80, rows: 24 },
      backend: usePipe ? "pipe" : "auto",
      separateStreams: usePipe,
      echo,
      tags: ["mop"],
      logLimit: LOG_LIMIT,
      endsWithServer: true,
      // a key opens one process
      restart: "never",
    }
    const session = await start(this.#sessions, request)
    if (session.tty || usePipe) return session
    void session.end(0).then(() => this.#sessions.remove(session))
    throw new Refusal(400, "Current terminal backend does not support pty. Call with use_pipe instead")
  }
}

const fresh = (hash: string, tags: Fact[]): KeyRecord => ({
  hash,
  waivers: [],
  tags,
  flagged: false,
})

async function start(sessions: Sessions, request: CreateRequest): Promise<Session> {
  try {
    return await sessions.start(request)
  } catch (error) {
    if (!(error instanceof PtylineError)) throw error
    if (error.code === "limit_reached") throw new Refusal(503, "Too many sessions")
    throw new Refusal(500, `Failed to start process: ${error.message}`)
  }
}
