// A session's screen, computed from its log when it is read and at no other time.

import { Queue } from "../core/lib/queue.ts"
import type { Snapshot } from "../core/log/archive.ts"
import { LogReader } from "../core/log/reader.ts"
import type { Size } from "../core/session/backend.ts"
import type { Session } from "../core/session/session.ts"
import type { OpenEngine, ScreenEngine } from "./engine.ts"
import type { GroundFinder } from "./ground.ts"
import { earliestOffset, findStart, lineStart } from "./start.ts"
import { XtermEngine } from "./xterm/engine.ts"

/** Bytes read from the log at a time. */
const SLICE = 65536
/** After a gap, drawing continues this far before the end of the log: older output has scrolled away. */
const RESUME_BYTES = 256 << 10
/** Longer escape sequences are dropped. */
const MAX_SEQUENCE = 4 << 20
const EMPTY = new Uint8Array(0)
/** Bytes parsed for screens by this process, including restored snapshots. */
export const parsed = { bytes: 0 }

export type ScreenUse<T> = (engine: ScreenEngine, offset: number) => T | Promise<T>

export class ScreenState {
  readonly #session: Session
  readonly #openEngine: OpenEngine
  #reader: LogReader
  #engine: ScreenEngine | null = null
  #finder: GroundFinder | null = null
  /** Replaces the engine while the screen is suspended. */
  #suspended: Snapshot | null = null
  /** The engine has all output before this offset. Bytes up to `#scanned` are an incomplete sequence. */
  #offset = 0
  #pending: Uint8Array = EMPTY
  #scanned = 0
  #size: Size = { cols: 80, rows: 24 }
  /** Sizes still to be applied that only the archive has. */
  #archivedSizes: { offset: number; size: Size }[] = []
  /** True while drawing ahead of reads. */
  #ahead = false
  /** Sequence number of the next mark. */
  #mark = 0
  /** Reads run in order, one at a time. */
  readonly #queue = new Queue()
  #cached: Snapshot | null = null

  constructor(session: Session, openEngine: OpenEngine = XtermEngine.open) {
    this.#session = session
    this.#reader = new LogReader(session)
    this.#openEngine = openEngine
  }

  get hasEngine(): boolean {
    return this.#engine !== null
  }

  get session(): Session {
    return this.#session
  }

  /** Calls `use` with the screen after exactly the output that is in the log now. */
  withScreen<T>(use: ScreenUse<T>): Promise<T> {
    const { end } = this.#session.log
    return this.#queue.run(async () => {
      const engine = this.#engine ?? (await this.#resume())
      await this.#advance(engine, end)
      return use(engine, this.#offset)
    })
  }

  /** Returns the screen as a VT sequence; output continues at its offset. */
  snapshot(): Promise<Snapshot> {
    return this.withScreen(async (engine, offset) => {
      if (this.#cached?.offset !== offset || this.#cached.size !== this.#size)
        this.#cached = await this.#takeSnapshot(engine)
      return this.#cached
    })
  }

  /**
   * Draws up to `most` bytes ahead of reads, from the oldest output that is available. Returns the bytes left
   * and, if nothing is left or `due` bytes follow offset `since`, the screen to store.
   */
  drawAhead(most: number, since: number, due: number): Promise<{ left: number; screen: Snapshot | null }> {
    return this.#queue.run(async () => {
      this.#ahead = true
      try {
        const engine = this.#engine ?? (await this.#resume())
        const { end } = this.#session.log
        await this.#advance(engine, Math.min(end, this.#scanned + most))
        const left = this.#session.log.end - this.#scanned
        const keep = left === 0 || this.#offset - since >= due
        return { left, screen: keep ? await this.#takeSnapshot(engine) : null }
      } finally {
        this.#ahead = false
      }
    })
  }

  /** Frees the engine and keeps a snapshot, from which the next read continues. */
  suspend(): Promise<void> {
    return this.#queue.run(async () => {
      if (!this.#engine) return
      this.#suspended = await this.#takeSnapshot(this.#engine)
      this.#cached = null
      this.#engine.dispose()
      this.#reader = new LogReader(this.#session)
      this.#engine = null
      this.#finder = null
    })
  }

  async #takeSnapshot(engine: ScreenEngine): Promise<Snapshot> {
    return { offset: this.#offset, size: this.#size, data: await engine.snapshot() }
  }

  /** The earliest offset to draw from. */
  get #earliest(): number {
    return earliestOffset(this.#session, this.#ahead)
  }

  async #resume(): Promise<ScreenEngine> {
    const { marks, archive, lifeStart } = this.#session.output
    const { offset, size, data } = await findStart(this.#session, this.#suspended, this.#earliest)
    this.#archivedSizes = offset < lifeStart && archive ? await archive.sizes(offset, lifeStart) : []
    const engine = await this.#openEngine(size)
    const restored = new TextEncoder().encode(data)
    parsed.bytes += restored.length
    await engine.write(restored)
    this.#engine = engine
    this.#finder = engine.groundFinder()
    this.#suspended = null
    this.#size = size
    this.#offset = offset
    this.#scanned = offset
    this.#pending = EMPTY
    this.#mark = marks.from(offset)
    return engine
  }

  /** Feeds output up to `target` and applies sizes on the way, before a sequence that they interrupt. */
  async #advance(engine: ScreenEngine, target: number): Promise<void> {
    const { marks } = this.#session.output
    for (let next = this.#archivedSizes[0]; next && next.offset <= target; next = this.#archivedSizes[0]) {
      await this.#feed(engine, next.offset)
      this.#archivedSizes.shift()
      this.#resize(engine, next.size)
    }
    for (let mark = marks.get(this.#mark); mark && mark.offset <= target; mark = marks.get(this.#mark)) {
      await this.#feed(engine, mark.offset)
      this.#mark = mark.sequence + 1
      if (mark.what.type === "resize") this.#resize(engine, mark.what)
      if (mark.what.type === "relaunch") await this.#relaunch(engine)
    }
    await this.#feed(engine, target)
  }

  /** Resets the terminal for another process and drops what the previous one left incomplete. */
  async #relaunch(engine: ScreenEngine): Promise<void> {
    await engine.write(CANCEL)
    await engine.write(RESET)
    this.#finder!.reset()
    this.#offset = this.#scanned
    this.#pending = EMPTY
  }

  async #feed(engine: ScreenEngine, end: number): Promise<void> {
    for (;;) {
      if (this.#offset < this.#earliest || this.#pending.length > MAX_SEQUENCE) await this.#skipGap(engine)
      if (this.#scanned >= end) return
      const bytes = await this.#read(Math.min(SLICE, end - this.#scanned))
      if (bytes.length === 0) await this.#skipGap(engine)
      else await this.#write(engine, bytes)
    }
  }

  /** Passes output to the engine up to the last point where nothing is incomplete. */
  async #write(engine: ScreenEngine, bytes: Uint8Array): Promise<void> {
    const ground = Math.max(this.#finder!.push(bytes), 0)
    const whole = concat(ground > 0 ? this.#pending : EMPTY, bytes.subarray(0, ground))
    this.#pending = concat(ground > 0 ? EMPTY : this.#pending, bytes.subarray(ground))
    this.#scanned += bytes.length
    this.#offset = this.#scanned - this.#pending.length
    parsed.bytes += whole.length
    await engine.write(whole)
    if (!engine.ground) await engine.write(CANCEL)
  }

  /** Reads the next bytes, from memory or the archive; empty if neither has them. */
  async #read(max: number): Promise<Uint8Array> {
    const at = this.#scanned
    const { offset, bytes } = this.#reader.peek(at, max) ?? (await this.#reader.read(at, max))
    return offset === at ? bytes : EMPTY
  }

  /** Continues after a gap. Keeps the screen: a program on the alternate screen probably still uses it. */
  async #skipGap(engine: ScreenEngine): Promise<void> {
    const { log, marks } = this.#session.output
    await engine.write(CANCEL)
    this.#finder!.reset()
    this.#offset = lineStart(log, Math.max(log.base, log.end - RESUME_BYTES))
    this.#scanned = this.#offset
    this.#pending = EMPTY
    this.#mark = marks.from(this.#offset)
    this.#archivedSizes = []
    this.#resize(engine, marks.sizeAt(this.#offset))
  }

  #resize(engine: ScreenEngine, { cols, rows }: Size): void {
    this.#size = { cols, rows }
    engine.resize(this.#size)
  }
}

const concat = (a: Uint8Array, b: Uint8Array): Uint8Array =>
  a.length === 0 ? b : b.length === 0 ? a : Buffer.concat([a, b])

/** RIS: the state of a terminal after power-on. */
const RESET = new Uint8Array([0x1b, 0x63])
/** CAN cancels an incomplete sequence. */
const CANCEL = new Uint8Array([0x18])
