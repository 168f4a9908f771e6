// A session's screen as a fold over its log: brought up to date when somebody looks, and at no other time.

import type { Size } from "../core/backend.ts"
import type { ByteLog } from "../core/log.ts"
import type { Session } from "../core/session.ts"
import { characterRest } from "../core/text.ts"
import { GroundFinder } from "./ground.ts"
import { XtermEngine } from "./xterm.ts"

/** Read from the log at a time, in bytes. */
const SLICE = 65536
/** How far before its end a log is taken up again after a gap: a flood has scrolled away what is older. */
const RESUME = 256 << 10
/** A log that was cut is taken up at the first line that begins within this many bytes. */
const LINE = 4096

/** A screen at `offset`: everything before it is drawn, nothing behind it. */
export type Snapshot = { offset: number; size: Size; data: string }
export type Look<T> = (engine: XtermEngine, offset: number) => T | Promise<T>

export class Fold {
  readonly #session: Session
  #engine: XtermEngine | null = null
  #finder: GroundFinder | null = null
  /** What is left of the engine while it is put away. */
  #kept: Snapshot | null = null
  /** The engine has everything before it; what follows, up to `#scanned`, belongs to a sequence or character that is still open. */
  #offset = 0
  #scanned = 0
  /** The size that the output at `#offset` was made for. */
  #size: Size = { cols: 80, rows: 24 }
  /** Sequence number of the next mark to be taken. */
  #mark = 0
  /** Looks take turns, in the order they came in. */
  #turn: Promise<unknown> = Promise.resolve()
  #taken: Snapshot | null = null

  constructor(session: Session) {
    this.#session = session
  }

  get awake(): boolean {
    return this.#engine !== null
  }

  get session(): Session {
    return this.#session
  }

  /** Shows `use` the screen after everything that was in the log when this was called, and nothing that came later. */
  look<T>(use: Look<T>): Promise<T> {
    const { end } = this.#session.log
    return this.#next(async () => {
      const engine = this.#engine ?? (await this.#wake())
      await this.#advance(engine, end)
      return use(engine, this.#offset)
    })
  }

  /** The screen as a VT sequence; output goes on at its offset. */
  snapshot(): Promise<Snapshot> {
    return this.look(async (engine, offset) => {
      if (this.#taken?.offset !== offset || this.#taken.size !== this.#size)
        this.#taken = { offset, size: this.#size, data: await engine.snapshot() }
      return this.#taken
    })
  }

  /** Gives the engine's memory back and keeps a snapshot, from which the next look goes on. */
  sleep(): Promise<void> {
    return this.#next(async () => {
      if (!this.#engine) return
      this.#kept = { offset: this.#offset, size: this.#size, data: await this.#engine.snapshot() }
      this.#taken = null
      this.#engine.dispose()
      this.#engine = null
      this.#finder = null
    })
  }

  #next<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(work)
    this.#turn = turn.catch(() => {})
    return turn
  }

  async #wake(): Promise<XtermEngine> {
    const { log, marks } = this.#session
    const start = log.base === 0 ? 0 : lineStart(log, log.base)
    const { offset, size, data } = this.#kept ?? { offset: start, size: marks.sizeAt(start), data: "" }
    const engine = await XtermEngine.open(size)
    await engine.write(new TextEncoder().encode(data))
    this.#engine = engine
    this.#finder = new GroundFinder(engine.transitions)
    this.#kept = null
    this.#size = size
    this.#offset = offset
    this.#scanned = offset
    this.#mark = marks.from(offset)
    return engine
  }

  /** Feeds up to `target`, taking sizes at their places. A size inside an open sequence is taken before it: sequences act at their end. */
  async #advance(engine: XtermEngine, target: number): Promise<void> {
    const { marks } = this.#session
    for (let mark = marks.get(this.#mark); mark && mark.offset <= target; mark = marks.get(this.#mark)) {
      await this.#feed(engine, mark.offset)
      this.#mark = mark.sequence + 1
      if (mark.what.type === "resize") this.#resize(engine, mark.what)
    }
    await this.#feed(engine, target)
  }

  async #feed(engine: XtermEngine, end: number): Promise<void> {
    const { log } = this.#session
    for (;;) {
      if (this.#offset < log.base) await this.#leap(engine)
      if (this.#scanned >= end) return
      const bytes = log.read(this.#scanned, Math.min(SLICE, end - this.#scanned))
      const ground = this.#finder!.push(bytes)
      const whole = this.#scanned + ground
      this.#scanned += bytes.length
      if (ground > 0) await this.#write(engine, whole)
    }
  }

  async #write(engine: XtermEngine, to: number): Promise<void> {
    const bytes = this.#session.log.slice(this.#offset, to - this.#offset)
    this.#offset = to
    await engine.write(bytes)
    if (!engine.ground) await engine.write(CANCEL)
  }

  /**
   * The log no longer has what comes next. The screen is kept as it was: a program that draws on the alternate screen most
   * likely still does.
   */
  async #leap(engine: XtermEngine): Promise<void> {
    const { log, marks } = this.#session
    await engine.write(CANCEL)
    this.#finder!.reset()
    this.#offset = lineStart(log, Math.max(log.base, log.end - RESUME))
    this.#scanned = this.#offset
    this.#mark = marks.from(this.#offset)
    this.#resize(engine, marks.sizeAt(this.#offset))
  }

  #resize(engine: XtermEngine, { cols, rows }: Size): void {
    this.#size = { cols, rows }
    engine.resize(this.#size)
  }
}

/** The first line at or behind `offset`; where none begins soon, the first character. */
function lineStart(log: ByteLog, offset: number): number {
  const bytes = log.slice(offset, LINE)
  const newline = bytes.indexOf(0x0a)
  return offset + (newline < 0 ? characterRest(bytes) : newline + 1)
}

/** CAN abandons an open sequence. */
const CANCEL = new Uint8Array([0x18])
