// A session's screen as a fold over its log: brought up to date when somebody looks, and at no other time.

import type { Snapshot } from "../core/log/archive.ts"
import { LogReader } from "../core/log/reader.ts"
import type { Size } from "../core/session/backend.ts"
import type { Session } from "../core/session/session.ts"
import type { OpenEngine, ScreenEngine } from "./engine.ts"
import type { GroundFinder } from "./ground.ts"
import { beginningOf, horizonOf, lineStart } from "./start.ts"
import { XtermEngine } from "./xterm/engine.ts"

/** Read from the log at a time, in bytes. */
const SLICE = 65536
/** How far before its end a log is taken up again after a gap: a flood has scrolled away what is older. */
const RESUME = 256 << 10
/** Longer sequences are given up. */
const LONGEST = 4 << 20
const EMPTY = new Uint8Array(0)
/** Bytes that were parsed for screens in this process's life, kept screens included. */
export const parsed = { bytes: 0 }

export type ScreenUse<T> = (engine: ScreenEngine, offset: number) => T | Promise<T>

export class ScreenState {
  readonly #session: Session
  readonly #openEngine: OpenEngine
  #reader: LogReader
  #engine: ScreenEngine | null = null
  #finder: GroundFinder | null = null
  /** What is left of the engine while it is put away. */
  #kept: Snapshot | null = null
  /** The engine has everything before it; what follows, up to `#scanned`, belongs to a sequence or character that is still open. */
  #offset = 0
  #open: Uint8Array = EMPTY
  #scanned = 0
  /** The size that the output at `#offset` was made for. */
  #size: Size = { cols: 80, rows: 24 }
  /** Sizes of a time that only the archive knows of, still to be taken. */
  #older: { offset: number; size: Size }[] = []
  /** True while it draws ahead of looks. */
  #patient = false
  /** Sequence number of the next mark to be taken. */
  #mark = 0
  /** Looks take turns, in the order they came in. */
  #turn: Promise<unknown> = Promise.resolve()
  #taken: Snapshot | null = null

  constructor(session: Session, openEngine: OpenEngine = XtermEngine.open) {
    this.#session = session
    this.#reader = new LogReader(session)
    this.#openEngine = openEngine
  }

  get awake(): boolean {
    return this.#engine !== null
  }

  get session(): Session {
    return this.#session
  }

  /** Shows `use` the screen after everything that was in the log when this was called, and nothing that came later. */
  withScreen<T>(use: ScreenUse<T>): Promise<T> {
    const { end } = this.#session.log
    return this.#next(async () => {
      const engine = this.#engine ?? (await this.#wake())
      await this.#advance(engine, end)
      return use(engine, this.#offset)
    })
  }

  /** The screen as a VT sequence; output goes on at its offset. */
  snapshot(): Promise<Snapshot> {
    return this.withScreen(async (engine, offset) => {
      if (this.#taken?.offset !== offset || this.#taken.size !== this.#size)
        this.#taken = await this.#screenOf(engine)
      return this.#taken
    })
  }

  /**
   * Draws up to `most` bytes ahead of looks, from as far back as there is something. Answers what is left to be drawn, and the
   * screen as of now once it has to be kept: when nothing is left, or `due` bytes were drawn since offset `since`.
   */
  drawAhead(most: number, since: number, due: number): Promise<{ left: number; screen: Snapshot | null }> {
    return this.#next(async () => {
      this.#patient = true
      try {
        const engine = this.#engine ?? (await this.#wake())
        const { end } = this.#session.log
        await this.#advance(engine, Math.min(end, this.#scanned + most))
        const left = this.#session.log.end - this.#scanned
        const keep = left === 0 || this.#offset - since >= due
        return { left, screen: keep ? await this.#screenOf(engine) : null }
      } finally {
        this.#patient = false
      }
    })
  }

  /** Gives the engine's memory back and keeps a snapshot, from which the next look goes on. */
  sleep(): Promise<void> {
    return this.#next(async () => {
      if (!this.#engine) return
      this.#kept = await this.#screenOf(this.#engine)
      this.#taken = null
      this.#engine.dispose()
      this.#reader = new LogReader(this.#session)
      this.#engine = null
      this.#finder = null
    })
  }

  #next<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(work)
    this.#turn = turn.catch(() => {})
    return turn
  }

  async #screenOf(engine: ScreenEngine): Promise<Snapshot> {
    return { offset: this.#offset, size: this.#size, data: await engine.snapshot() }
  }

  /** Where drawing begins at the earliest. */
  get #horizon(): number {
    return horizonOf(this.#session, this.#patient)
  }

  async #wake(): Promise<ScreenEngine> {
    const { marks, archive, lifeStart } = this.#session.output
    const { offset, size, data } = await beginningOf(this.#session, this.#kept, this.#horizon)
    this.#older = offset < lifeStart && archive ? await archive.sizes(offset, lifeStart) : []
    const engine = await this.#openEngine(size)
    const drawn = new TextEncoder().encode(data)
    parsed.bytes += drawn.length
    await engine.write(drawn)
    this.#engine = engine
    this.#finder = engine.groundFinder()
    this.#kept = null
    this.#size = size
    this.#offset = offset
    this.#scanned = offset
    this.#open = EMPTY
    this.#mark = marks.from(offset)
    return engine
  }

  /** Feeds up to `target`, taking sizes at their places. A size inside an open sequence is taken before it: sequences act at their end. */
  async #advance(engine: ScreenEngine, target: number): Promise<void> {
    const { marks } = this.#session.output
    for (let older = this.#older[0]; older && older.offset <= target; older = this.#older[0]) {
      await this.#feed(engine, older.offset)
      this.#older.shift()
      this.#resize(engine, older.size)
    }
    for (let mark = marks.get(this.#mark); mark && mark.offset <= target; mark = marks.get(this.#mark)) {
      await this.#feed(engine, mark.offset)
      this.#mark = mark.sequence + 1
      if (mark.what.type === "resize") this.#resize(engine, mark.what)
      if (mark.what.type === "relaunch") await this.#renew(engine)
    }
    await this.#feed(engine, target)
  }

  /** A further process begins on a terminal as new; what the one before left open ends with it. */
  async #renew(engine: ScreenEngine): Promise<void> {
    await engine.write(CANCEL)
    await engine.write(RESET)
    this.#finder!.reset()
    this.#offset = this.#scanned
    this.#open = EMPTY
  }

  async #feed(engine: ScreenEngine, end: number): Promise<void> {
    for (;;) {
      if (this.#offset < this.#horizon || this.#open.length > LONGEST) await this.#leap(engine)
      if (this.#scanned >= end) return
      const bytes = await this.#read(Math.min(SLICE, end - this.#scanned))
      if (bytes.length === 0) await this.#leap(engine)
      else await this.#take(engine, bytes)
    }
  }

  /** Output that was read goes to the engine as far as nothing in it is open. */
  async #take(engine: ScreenEngine, bytes: Uint8Array): Promise<void> {
    const ground = Math.max(this.#finder!.push(bytes), 0)
    const whole = joined(ground > 0 ? this.#open : EMPTY, bytes.subarray(0, ground))
    this.#open = joined(ground > 0 ? EMPTY : this.#open, bytes.subarray(ground))
    this.#scanned += bytes.length
    this.#offset = this.#scanned - this.#open.length
    parsed.bytes += whole.length
    await engine.write(whole)
    if (!engine.ground) await engine.write(CANCEL)
  }

  /** What comes next, from memory or the archive; nothing when neither has it any more. */
  async #read(max: number): Promise<Uint8Array> {
    const at = this.#scanned
    const { offset, bytes } = this.#reader.peek(at, max) ?? (await this.#reader.read(at, max))
    return offset === at ? bytes : EMPTY
  }

  /**
   * The log no longer has what comes next. The screen is kept as it was: a program that draws on the alternate screen most
   * likely still does.
   */
  async #leap(engine: ScreenEngine): Promise<void> {
    const { log, marks } = this.#session.output
    await engine.write(CANCEL)
    this.#finder!.reset()
    this.#offset = lineStart(log, Math.max(log.base, log.end - RESUME))
    this.#scanned = this.#offset
    this.#open = EMPTY
    this.#mark = marks.from(this.#offset)
    this.#older = []
    this.#resize(engine, marks.sizeAt(this.#offset))
  }

  #resize(engine: ScreenEngine, { cols, rows }: Size): void {
    this.#size = { cols, rows }
    engine.resize(this.#size)
  }
}

const joined = (a: Uint8Array, b: Uint8Array): Uint8Array =>
  a.length === 0 ? b : b.length === 0 ? a : Buffer.concat([a, b])

/** RIS: as a terminal is when it is switched on. */
const RESET = new Uint8Array([0x1b, 0x63])
/** CAN abandons an open sequence. */
const CANCEL = new Uint8Array([0x18])
