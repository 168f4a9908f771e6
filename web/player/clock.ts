// The player's clock: position, speed, and skipped pauses.

import { Listeners } from "../ui/listeners.ts"
import type { Cast } from "./cast.ts"

export const SPEEDS = [0.5, 1, 1.5, 2, 4, 8, 16]
/** Longest pause when pauses are skipped, in seconds at speed 1. */
const LONGEST_PAUSE = 1
/** A position this close to the end counts as the end, in seconds. */
const NEAR = 0.05

export class Clock {
  /** Fires at every move, and when playing starts or stops. */
  readonly changed = new Listeners<void>()
  readonly #cast: Cast
  #at = 0
  #playing = false
  #speed = 1
  #skipsPauses = true
  #frame = 0
  #lastTick = 0

  constructor(cast: Cast) {
    this.#cast = cast
  }

  get at(): number {
    return this.#at
  }

  get playing(): boolean {
    return this.#playing
  }

  get speed(): number {
    return this.#speed
  }

  set speed(speed: number) {
    this.#speed = speed
    this.changed.emit()
  }

  get skipsPauses(): boolean {
    return this.#skipsPauses
  }

  set skipsPauses(skips: boolean) {
    this.#skipsPauses = skips
    this.changed.emit()
  }

  /** True if the position is at the end of what has arrived. */
  get atEnd(): boolean {
    return this.#at >= this.#cast.duration - NEAR
  }

  /** Plays from the position, or from the start if it is at the end. */
  play(): void {
    if (this.atEnd && this.#cast.complete) this.#at = 0
    this.#playing = true
    this.#lastTick = performance.now()
    cancelAnimationFrame(this.#frame)
    this.#frame = requestAnimationFrame(() => this.#tick())
    this.changed.emit()
  }

  pause(): void {
    cancelAnimationFrame(this.#frame)
    this.#playing = false
    this.changed.emit()
  }

  toggle(): void {
    if (this.#playing) this.pause()
    else this.play()
  }

  /** Moves to a time in seconds, limited to the recording. */
  seek(at: number): void {
    this.#at = Math.max(0, Math.min(at, this.#cast.duration))
    this.changed.emit()
  }

  /** Moves to the next or previous marker. Going back, skips a marker passed within half a second. */
  step(by: 1 | -1): void {
    const times = this.#cast.markers.map(index => this.#cast.events[index]!.at)
    const found = by > 0 ? times.find(at => at > this.#at + 0.001) : times.findLast(at => at < this.#at - 0.5)
    this.seek(found ?? (by > 0 ? this.#cast.duration : 0))
  }

  #tick(): void {
    const now = performance.now()
    const passed = ((now - this.#lastTick) / 1000) * this.#speed
    this.#lastTick = now
    this.#at = Math.min(this.#withoutPause(this.#at + passed), this.#cast.duration)
    if (this.atEnd && this.#cast.complete) return this.#finish()
    this.#frame = requestAnimationFrame(() => this.#tick())
    this.changed.emit()
  }

  #finish(): void {
    this.#at = this.#cast.duration
    this.pause()
  }

  /** Shortens a pause that has lasted long enough. */
  #withoutPause(at: number): number {
    const next = this.#cast.indexAfter(at)
    const [before, after] = [this.#cast.events[next - 1]?.at ?? 0, this.#cast.events[next]?.at]
    if (!this.#skipsPauses || after === undefined || at - before < LONGEST_PAUSE * this.#speed) return at
    return Math.max(at, after - 0.01)
  }
}
