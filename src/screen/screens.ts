// The screens in memory: the most recently read ones, up to a limit.

import type { Snapshot } from "../core/log/archive.ts"
import type { Session } from "../core/session/session.ts"
import { ScreenState, type ScreenUse } from "./screen-state.ts"

type ScreensLimits = {
  /** Emulators in memory at once; each takes 1.5 to 2 MB with a full scrollback of 120 columns. */
  engines: number
  /** A screen is suspended after this time without a read, in ms. */
  idleMs: number
}

const DEFAULT_SCREENS: ScreensLimits = { engines: 32, idleMs: 60_000 }

export class Screens {
  readonly #limits: ScreensLimits
  readonly #states = new WeakMap<Session, ScreenState>()
  /** Screens with an engine and the time of their last read, oldest first. */
  readonly #active = new Map<ScreenState, number>()
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(limits: Partial<ScreensLimits> = {}) {
    this.#limits = { ...DEFAULT_SCREENS, ...limits }
  }

  /** Engines in memory. */
  get engines(): number {
    return [...this.#active.keys()].filter(state => state.hasEngine).length
  }

  /** Calls `use` with the session's current screen. */
  withScreen<T>(session: Session, use: ScreenUse<T>): Promise<T> {
    return this.#use(session).withScreen(use)
  }

  /** Returns the session's current screen as a VT sequence. */
  snapshot(session: Session): Promise<Snapshot> {
    return this.#use(session).snapshot()
  }

  /** See `ScreenState.drawAhead`. */
  drawAhead(
    session: Session,
    ...rest: Parameters<ScreenState["drawAhead"]>
  ): ReturnType<ScreenState["drawAhead"]> {
    return this.#use(session).drawAhead(...rest)
  }

  #use(session: Session): ScreenState {
    const state = this.#states.get(session) ?? new ScreenState(session)
    this.#states.set(session, state)
    this.#active.delete(state)
    while (this.#active.size >= this.#limits.engines) this.#suspend(this.#active.keys().next().value!)
    this.#active.set(state, performance.now())
    this.#timer ??= this.#sweepLater()
    return state
  }

  #sweepLater(): ReturnType<typeof setTimeout> {
    const timer = setTimeout(() => this.#sweep(), this.#limits.idleMs)
    timer.unref?.()
    return timer
  }

  #sweep(): void {
    const oldest = performance.now() - this.#limits.idleMs
    for (const [state, at] of this.#active)
      if (at <= oldest || state.session.life.state === "removed") this.#suspend(state)
    this.#timer = this.#active.size > 0 ? this.#sweepLater() : undefined
  }

  #suspend(state: ScreenState): void {
    this.#active.delete(state)
    void state.suspend()
  }
}

/** One per process, because it bounds the process's memory. */
export const screens = new Screens()
