// The status bar below the terminal: the state of the connection, notices and the size.

import type { Size } from "../../src/core/session/backend.ts"
import type { ConnectionStatus } from "../connection/status.ts"
import { sizeText } from "../page/session-text.ts"
import { h, setProp, setText } from "../ui/dom.ts"
import { icon } from "../ui/icons.ts"
import { statusText } from "./status-text.ts"

type StatusActions = { retry: () => void; fit: () => void }

const NOTICE_MS = 8_000

export class StatusBar {
  readonly element: HTMLElement
  readonly #text = h("span", { role: "status", "data-testid": "status" })
  readonly #countdown = h("span", { class: "countdown", "aria-hidden": "true" })
  readonly #retry: HTMLButtonElement
  readonly #notice = h("span", { class: "notice", role: "status", "data-testid": "notice" })
  readonly #size = h("span", { class: "size", "data-testid": "size" })
  readonly #fit: HTMLButtonElement
  #ticking: ReturnType<typeof setInterval> | undefined
  #noticeEnds: ReturnType<typeof setTimeout> | undefined

  constructor(actions: StatusActions) {
    this.#retry = h(
      "button",
      { class: "link", hidden: true, onclick: actions.retry, "data-testid": "retry" },
      "Retry now",
    )
    const fitLabel = h("span", {}, "Fit to this window")
    this.#fit = h(
      "button",
      { class: "link", hidden: true, onclick: actions.fit, "data-testid": "fit" },
      icon("fit"),
      fitLabel,
    )
    this.element = h(
      "footer",
      { class: "status" },
      h("span", { class: "dot", "aria-hidden": "true" }),
      this.#text,
      this.#countdown,
      this.#retry,
      this.#notice,
      this.#size,
      this.#fit,
    )
  }

  /** Shows the state of the connection, with a countdown to the next attempt. */
  connection(status: ConnectionStatus): void {
    clearInterval(this.#ticking)
    setProp(this.element, "data-status", status.kind)
    setText(this.#text, statusText(status))
    this.#retry.hidden =
      status.kind === "connected" || status.kind === "connecting" || status.kind === "ended"
    setText(this.#countdown, "")
    if (status.kind === "waiting") this.#countDown(status.until)
  }

  /** Shows the session's size, and whether another viewer set it. */
  size(size: Size, fitted: boolean): void {
    setText(this.#size, fitted ? sizeText(size) : `${sizeText(size)}, set by another viewer`)
    this.#fit.hidden = fitted
  }

  /** Shows a notice for a few seconds. */
  notice(text: string): void {
    clearTimeout(this.#noticeEnds)
    setText(this.#notice, text)
    this.#noticeEnds = setTimeout(() => setText(this.#notice, ""), NOTICE_MS)
  }

  /** Flashes, because input could not be sent. */
  flash(): void {
    this.element.classList.remove("flash")
    void this.element.offsetWidth
    this.element.classList.add("flash")
  }

  dispose(): void {
    clearInterval(this.#ticking)
    clearTimeout(this.#noticeEnds)
  }

  #countDown(until: number): void {
    const draw = () => {
      const seconds = Math.ceil((until - Date.now()) / 1_000)
      setText(this.#countdown, seconds > 0 ? `Trying again in ${seconds} s` : "Trying again…")
    }
    draw()
    this.#ticking = setInterval(draw, 250)
  }
}
