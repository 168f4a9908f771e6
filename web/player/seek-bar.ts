// The player's seek bar: position, activity over time, and markers.

import { h, listen, setProp } from "../ui/dom.ts"
import type { Cast } from "./cast.ts"
import type { Clock } from "./clock.ts"

/** Bars of the activity chart. */
const BARS = 240
const STEP_S = 5
/** Shortest interval between redraws while a recording arrives, in ms. Each redraw counts all events. */
const REDRAWN_MS = 500

export class SeekBar {
  readonly element: HTMLElement
  readonly #cast: Cast
  readonly #clock: Clock
  readonly #slider = h("input", {
    type: "range",
    min: 0,
    step: "any",
    "aria-label": "Position",
    "data-testid": "position",
  })
  readonly #activity = h("canvas", { class: "activity", width: BARS, height: 20, "aria-hidden": "true" })
  readonly #ticks = h("div", { class: "ticks" })
  #drawn = ""
  #drawnAt = Number.NEGATIVE_INFINITY

  constructor(cast: Cast, clock: Clock) {
    this.#cast = cast
    this.#clock = clock
    this.element = h("div", { class: "timeline" }, this.#activity, this.#ticks, this.#slider)
    listen(this.#slider, "input", () => clock.seek(Number(this.#slider.value)))
    // The player handles the arrow keys. The slider's own steps are too small to be useful.
    listen(
      this.#slider,
      "keydown",
      (event: KeyboardEvent) => event.key.startsWith("Arrow") && event.preventDefault(),
    )
  }

  update(): void {
    const { duration } = this.#cast
    const { at } = this.#clock
    setProp(this.#slider, "max", duration)
    this.#slider.value = String(at)
    setProp(this.#slider, "aria-valuetext", `${timeText(at)} of ${timeText(duration)}`)
    this.element.style.setProperty("--done", `${duration > 0 ? (at / duration) * 100 : 0}%`)
    const drawn = `${this.#cast.events.length} ${document.documentElement.dataset.theme}`
    const now = performance.now()
    if (drawn === this.#drawn || (!this.#cast.complete && now - this.#drawnAt < REDRAWN_MS)) return
    this.#drawn = drawn
    this.#drawnAt = now
    this.#drawActivity(duration)
    this.#drawTicks(duration)
  }

  #drawActivity(duration: number): void {
    const context = this.#activity.getContext("2d")
    if (!context) return
    const { width, height } = this.#activity
    const bars = new Array<number>(BARS).fill(0)
    for (const { at, code, data } of this.#cast.events)
      if (code === "o") bars[barOf(at, duration)]! += data.length
    const most = Math.log1p(Math.max(...bars))
    context.clearRect(0, 0, width, height)
    context.fillStyle = getComputedStyle(this.element).color
    for (const [x, count] of bars.entries()) {
      const high = most > 0 ? Math.ceil((Math.log1p(count) / most) * height) : 0
      context.fillRect(x, height - high, 0.7, high)
    }
  }

  #drawTicks(duration: number): void {
    const ticks = this.#cast.markers.slice(0, BARS).map(index => {
      const { at, data } = this.#cast.events[index]!
      const label = `${timeText(at)} ${data}`.trim()
      const tick = h("button", { class: "tick", tabindex: -1, title: label, "aria-label": `Go to ${label}` })
      listen(tick, "click", () => this.#clock.seek(at))
      tick.style.left = `${duration > 0 ? (at / duration) * 100 : 0}%`
      return tick
    })
    this.#ticks.replaceChildren(...ticks)
  }
}

const barOf = (at: number, duration: number): number =>
  Math.min(BARS - 1, duration > 0 ? Math.floor((at / duration) * BARS) : 0)

/** Returns how far an arrow key moves, in seconds. */
export const stepOf = (event: KeyboardEvent): number => (event.shiftKey ? STEP_S * 6 : STEP_S)

/** Formats seconds as "0:07", "12:05", "1:02:03". */
export function timeText(seconds: number): string {
  const whole = Math.floor(seconds)
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60]
  const two = (n: number) => String(n).padStart(2, "0")
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`
}
