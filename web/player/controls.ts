// The bar below a recording: play and pause, seek bar, speed, pauses.

import { h, setProp, setText } from "../ui/dom.ts"
import { type IconName, icon } from "../ui/icons.ts"
import { openMenu } from "../ui/menu.ts"
import type { Cast } from "./cast.ts"
import { type Clock, SPEEDS } from "./clock.ts"
import { SeekBar, timeText } from "./seek-bar.ts"

export class Controls {
  readonly element: HTMLElement
  readonly #cast: Cast
  readonly #clock: Clock
  readonly #seekBar: SeekBar
  readonly #play = h("button", { class: "primary play", "data-testid": "play" })
  readonly #at = h("span", { class: "at", "data-testid": "at" })
  readonly #duration = h("span", { class: "duration", "data-testid": "duration" })
  readonly #live = h(
    "button",
    { class: "live", hidden: true, "data-testid": "live" },
    h("span", { class: "dot" }),
    "Live",
  )
  readonly #speed = h("button", {
    class: "ghost speed",
    "aria-haspopup": "menu",
    "aria-label": "Speed",
    "data-testid": "speed",
  })
  readonly #pauses = h(
    "button",
    { class: "ghost pauses", "data-testid": "pauses" },
    icon("skip"),
    h("span", {}, "Skip pauses"),
  )
  #shown: boolean | null = null

  constructor(cast: Cast, clock: Clock) {
    this.#cast = cast
    this.#clock = clock
    this.#seekBar = new SeekBar(cast, clock)
    this.#play.addEventListener("click", () => clock.toggle())
    this.#live.addEventListener("click", () => playLive(clock, cast))
    this.#speed.addEventListener("click", () => this.#chooseSpeed())
    this.#pauses.addEventListener("click", () => {
      clock.skipsPauses = !clock.skipsPauses
    })
    const times = h(
      "span",
      { class: "times" },
      this.#at,
      h("span", { "aria-hidden": "true" }, "/"),
      this.#duration,
    )
    const end = h("div", { class: "choices" }, this.#live, this.#pauses, this.#speed)
    this.element = h("footer", { class: "controls" }, this.#play, this.#seekBar.element, times, end)
  }

  update(): void {
    const { at, playing, speed, skipsPauses } = this.#clock
    if (this.#shown !== playing) this.#showPlay(playing)
    setText(this.#at, timeText(at))
    setText(this.#duration, timeText(this.#cast.duration))
    setText(this.#speed, `${speed}×`)
    setProp(this.#pauses, "aria-pressed", String(skipsPauses))
    setProp(this.#pauses, "title", skipsPauses ? "Pauses are shortened" : "Pauses have their recorded length")
    this.#live.hidden = this.#cast.complete
    setProp(this.#live, "aria-pressed", String(playing && this.#clock.atEnd))
    this.#seekBar.update()
  }

  #showPlay(playing: boolean): void {
    const [name, label]: [IconName, string] = playing ? ["pause", "Pause"] : ["play", "Play"]
    this.#shown = playing
    this.#play.replaceChildren(icon(name))
    setProp(this.#play, "aria-label", label)
    setProp(this.#play, "title", `${label} (Space)`)
  }

  #chooseSpeed(): void {
    const choose = (speed: number) => () => {
      this.#clock.speed = speed
    }
    const items = SPEEDS.map(speed => ({ label: `${speed}×`, testid: `speed-${speed}`, run: choose(speed) }))
    openMenu(this.#speed, "Speed", [{ title: "Speed", items }])
  }
}

/** Moves to the current end of the recording and plays on. */
function playLive(clock: Clock, cast: Cast): void {
  clock.seek(cast.duration)
  clock.play()
}
