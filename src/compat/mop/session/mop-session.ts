// A session as MOP sees it: what a key opens, with its waivers, tags and aliases, and its output in elements.

import { constants } from "node:os"
import type { Fact } from "../../../core/session/records.ts"
import type { Session } from "../../../core/session/session.ts"
import { MopError } from "../responses.ts"
import { ElementLog } from "./element-log.ts"
import { arrayOf, outputHash } from "./hash.ts"
import type { History } from "./history.ts"
import { handedOver, inputOf, sharedInputOf, writeError } from "./input.ts"
import type { Waiver } from "./waivers.ts"

/** Older ones than this many are void. */
const UNUSED_ALIASES = 64

/** What is kept of a key with its session: its hash (`Keys.hash`), and what its clients set. */
export type KeyRecord = { hash: string; waivers: Waiver[]; tags: Fact[]; flagged: boolean }

/** Where it is kept among the session's records. */
const [SPACE, NAME] = ["mop", "key"]

/** What an earlier server kept with a session; null for a session that is none of MOP's. */
export const recordOf = (session: Session): KeyRecord | null =>
  (session.records.get(SPACE, NAME) as KeyRecord | undefined) ?? null

export type ReadOut = { ended: boolean; body: string }

export class MopSession {
  readonly hash: string
  readonly session: Session
  readonly isPublic: boolean
  waivers: ReadonlySet<Waiver>
  tags: Fact[]
  /** To be archived when it ends. */
  flagged: boolean
  /** Aborted when the session is ended, signalled or forgotten: its streams end. */
  readonly over = new AbortController()
  /** Unused ones, oldest first. */
  readonly aliases: string[] = []
  /** Streams and sockets that follow it now. */
  streams = 0
  /** Writes that the system has not taken yet. */
  pendingWrites = 0
  readonly stdout: ElementLog
  readonly stderr: ElementLog | null
  #markerRead = false
  #deaf: () => void

  #history: History | null

  /** `history`: what an earlier server read of it. `forgotten` is called once when the core forgot the session. */
  constructor(
    session: Session,
    record: KeyRecord,
    { isPublic, history, forgotten }: { isPublic: boolean; history: History | null; forgotten: () => void },
  ) {
    this.#history = history
    this.session = session
    this.isPublic = isPublic
    this.hash = record.hash
    this.waivers = new Set(record.waivers)
    this.tags = record.tags
    this.flagged = record.flagged
    const { streams } = session.output
    this.stdout = new ElementLog(history?.log ?? streams?.stdout ?? session.log, streams === null)
    this.stderr = streams && new ElementLog(streams.stderr, false)
    this.#deaf = session.changed.listen(() => {
      this.#look()
      if (session.life.state === "removed") forgotten()
    })
    this.#look()
  }

  /** Writes down what is known of the key, where it survives the server. */
  keep(): void {
    const { hash, waivers, tags, flagged } = this
    this.session.endsWithServer = !flagged
    this.session.records.put(SPACE, NAME, { hash, waivers: [...waivers], tags, flagged })
  }

  get alive(): boolean {
    return this.session.life.state === "running"
  }

  /** Its streams end, its aliases are void. */
  close(): void {
    this.#deaf()
    this.aliases.length = 0
    this.over.abort()
  }

  addAlias(alias: string): void {
    this.aliases.push(alias)
    if (this.aliases.length > UNUSED_ALIASES) this.aliases.shift()
  }

  /** True once for each alias. */
  useAlias(alias: string): boolean {
    const at = this.aliases.indexOf(alias)
    if (at >= 0) this.aliases.splice(at, 1)
    return at >= 0
  }

  /** All that is retained; `ended` when the end of a terminal was read before. */
  async read(): Promise<ReadOut> {
    await this.#settled()
    const ended = this.session.life.closed
    const raw = this.waivers.has("RAW_ANSI")
    const stdout = arrayOf(this.stdout.literals(raw, ended))
    const stderr = arrayOf(this.stderr?.literals(raw, ended) ?? [])
    const body = `"stdout":${stdout},"stderr":${stderr},"output_hash":"${outputHash(stdout, stderr)}"`
    const before = this.#markerRead
    this.#markerRead = this.stdout.marker !== null
    return { ended: before, body }
  }

  /**
   * Types what a client sent, whole and in the order of the calls. Resolves when the system has it; throws or rejects with the
   * contract's refusals.
   */
  write(stdin: string, newline: boolean): Promise<void> {
    const data = this.isPublic ? sharedInputOf(stdin) : inputOf(stdin, newline, this.waivers)
    if (!this.alive) throw new MopError(410, "Subprocess already terminated")
    try {
      const { done } = this.session.write(data)
      this.pendingWrites++
      const taken = handedOver(this.session, this.session.input.accepted, this.over.signal)
      return this.#settle(Promise.all([done, taken]))
    } catch (error) {
      throw writeError(error)
    }
  }

  async #settle(written: Promise<unknown>): Promise<void> {
    try {
      await written
    } catch (error) {
      throw writeError(error)
    } finally {
      this.pendingWrites--
    }
  }

  #look(): void {
    const { session } = this
    this.#history?.catchUp()
    this.stdout.note()
    this.stderr?.note()
    if (session.tty && session.life.closed && session.life.exit) this.stdout.end(markerOf(session.life.exit))
  }

  /** An exit is known a little before the last output: a reader that heard of it gets both. */
  async #settled(): Promise<void> {
    while (this.session.life.exit && !this.session.life.closed && !this.over.signal.aborted)
      await this.session.changed.wait(this.over.signal)
  }
}

/** A death by signal is its number, negative; one that nobody saw counts as KILL. */
function markerOf({ code, signal }: { code: number | null; signal: string | null }): string {
  const number = signal === null ? null : (constants.signals as Record<string, number>)[signal]
  return `[PROCESS EXITED with code ${code ?? -(number ?? constants.signals.SIGKILL)}]`
}
