// A session of MOP: its key's hash, waivers, tags and aliases, and its output as elements.

import { constants } from "node:os"
import type { Fact } from "../../../core/session/records.ts"
import type { Session } from "../../../core/session/session.ts"
import { MopError } from "../responses.ts"
import { ElementLog } from "./element-log.ts"
import { arrayOf, outputHash } from "./hash.ts"
import type { History } from "./history.ts"
import { inputOf, sharedInputOf, waitUntilHandedOver, writeError } from "./input.ts"
import type { Waiver } from "./waivers.ts"

/** Most unused aliases. Older ones are revoked. */
const MAX_ALIASES = 64

/** The stored record of a key: its hash and the settings of its clients. */
export type KeyRecord = { hash: string; waivers: Waiver[]; tags: Fact[]; flagged: boolean }

const [SPACE, NAME] = ["mop", "key"]

/** Returns the record that was stored with a session; null for sessions of other surfaces. */
export const recordOf = (session: Session): KeyRecord | null =>
  (session.records.get(SPACE, NAME) as KeyRecord | undefined) ?? null

type ReadOut = { ended: boolean; body: string }

export class MopSession {
  readonly hash: string
  readonly session: Session
  readonly isPublic: boolean
  waivers: ReadonlySet<Waiver>
  tags: Fact[]
  /** Archived when it ends. */
  flagged: boolean
  /** Aborts when the session is ended, signalled or removed, which ends its streams. */
  readonly over = new AbortController()
  /** Unused aliases, oldest first. */
  readonly aliases: string[] = []
  /** The number of open streams and sockets. */
  streams = 0
  /** Writes that the operating system has not accepted yet. */
  pendingWrites = 0
  readonly stdout: ElementLog
  readonly stderr: ElementLog | null
  #markerRead = false
  #unsubscribe: () => void
  #history: History | null

  /** `history` is an earlier server's output. `onRemoved` is called once when the core removes it. */
  constructor(
    session: Session,
    record: KeyRecord,
    { isPublic, history, onRemoved }: { isPublic: boolean; history: History | null; onRemoved: () => void },
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
    this.#unsubscribe = session.changed.listen(() => {
      this.#update()
      if (session.life.state === "removed") onRemoved()
    })
    this.#update()
  }

  /** Stores the record. Only flagged sessions survive a stop of the server. */
  save(): void {
    const { hash, waivers, tags, flagged } = this
    this.session.endsWithServer = !flagged
    this.session.records.put(SPACE, NAME, { hash, waivers: [...waivers], tags, flagged })
  }

  get alive(): boolean {
    return this.session.life.state === "running"
  }

  close(): void {
    this.#unsubscribe()
    this.aliases.length = 0
    this.over.abort()
  }

  addAlias(alias: string): void {
    this.aliases.push(alias)
    if (this.aliases.length > MAX_ALIASES) this.aliases.shift()
  }

  /** Returns true once for each alias. */
  useAlias(alias: string): boolean {
    const at = this.aliases.indexOf(alias)
    if (at >= 0) this.aliases.splice(at, 1)
    return at >= 0
  }

  /** Returns the retained output. `ended`: an earlier read has already returned the exit marker. */
  async read(): Promise<ReadOut> {
    await this.#outputComplete()
    const ended = this.session.life.closed
    const raw = this.waivers.has("RAW_ANSI")
    const stdout = arrayOf(this.stdout.literals(raw, ended))
    const stderr = arrayOf(this.stderr?.literals(raw, ended) ?? [])
    const body = `"stdout":${stdout},"stderr":${stderr},"output_hash":"${outputHash(stdout, stderr)}"`
    const markerRead = this.#markerRead
    this.#markerRead = this.stdout.marker !== null
    return { ended: markerRead, body }
  }

  /** Types a client's input. Resolves when the operating system has it. Throws `MopError`. */
  write(stdin: string, newline: boolean): Promise<void> {
    const data = this.isPublic ? sharedInputOf(stdin) : inputOf(stdin, newline, this.waivers)
    if (!this.alive) throw new MopError(410, "Subprocess already terminated")
    try {
      const { done } = this.session.write(data)
      this.pendingWrites++
      const handedOver = waitUntilHandedOver(this.session, this.session.input.accepted, this.over.signal)
      return this.#settle(Promise.all([done, handedOver]))
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

  #update(): void {
    const { tty, life } = this.session
    this.#history?.catchUp()
    this.stdout.update()
    this.stderr?.update()
    if (tty && life.closed && life.exit) this.stdout.end(markerOf(life.exit))
  }

  /** Waits for the last output, which may arrive after the exit status. */
  async #outputComplete(): Promise<void> {
    while (this.session.life.exit && !this.session.life.closed && !this.over.signal.aborted)
      await this.session.changed.wait(this.over.signal)
  }
}

/** Signals are negative numbers. An unknown exit status counts as KILL. */
function markerOf({ code, signal }: { code: number | null; signal: string | null }): string {
  const number = signal === null ? null : (constants.signals as Record<string, number>)[signal]
  return `[PROCESS EXITED with code ${code ?? -(number ?? constants.signals.SIGKILL)}]`
}
