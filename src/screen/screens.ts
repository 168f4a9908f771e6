// The screens that are in memory: as many as somebody looked at lately, up to a bound.

import type { Snapshot } from "../core/log/archive.ts"
import type { Session } from "../core/session/session.ts"
import { ScreenState, type ScreenUse } from "./screen-state.ts"

export type ScreensLimits = {
  /** Emulators in memory at once; each has 1.5 to 2 MB with a full scrollback of 120 columns. */
  engines: number
  /** Put away when nobody looked for this long, in ms. */
  idleMs: number
}

export const DEFAULT_SCREENS: ScreensLimits = { engines: 32, idleMs: 60_000 }

export class Screens {
  readonly #limits: ScreensLimits
  readonly #folds = new WeakMap<Session, ScreenState>()
  /** Folds with an engine and when they were last looked at, the longest ago first. */
  readonly #awake = new Map<ScreenState, number>()
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(limits: Partial<ScreensLimits> = {}) {
    this.#limits = { ...DEFAULT_SCREENS, ...limits }
  }

  /** Engines in memory. */
  get engines(): number {
    return [...this.#awake.keys()].filter(fold => fold.awake).length
  }

  /** Shows `use` the session's screen as of now. */
  withScreen<T>(session: Session, use: ScreenUse<T>): Promise<T> {
    return this.#touched(session).withScreen(use)
  }

  /** The session's screen as of now as a VT sequence. */
  snapshot(session: Session): Promise<Snapshot> {
    return this.#touched(session).snapshot()
  }

  /** See `Fold.drawAhead`. */
  drawAhead(
    session: Session,
    ...rest: Parameters<ScreenState["drawAhead"]>
  ): ReturnType<ScreenState["drawAhead"]> {
    return this.#touched(session).drawAhead(...rest)
  }

  #touched(session: Session): ScreenState {
    const fold = this.#folds.get(session) ?? new ScreenState(session)
    this.#folds.set(session, fold)
    this.#awake.delete(fold)
    while (this.#awake.size >= this.#limits.engines) this.#putAway(this.#awake.keys().next().value!)
    this.#awake.set(fold, performance.now())
    this.#timer ??= this.#sweepLater()
    return fold
  }

  #sweepLater(): ReturnType<typeof setTimeout> {
    const timer = setTimeout(() => this.#sweep(), this.#limits.idleMs)
    timer.unref?.()
    return timer
  }

  #sweep(): void {
    const oldest = performance.now() - this.#limits.idleMs
    for (const [fold, at] of this.#awake)
      if (at <= oldest || fold.session.life.state === "removed") this.#putAway(fold)
    this.#timer = this.#awake.size > 0 ? this.#sweepLater() : undefined
  }

  #putAway(fold: ScreenState): void {
    this.#awake.delete(fold)
    void fold.sleep()
  }
}

/** One for the process, as it is the process's memory that is bounded. */
export const screens = new Screens()
