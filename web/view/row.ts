// One session in the list: a link that keeps its element, and so its focus, while what it says changes.

import type { SessionInfo } from "../api/api.ts"
import { h, setProp, setText } from "../ui/dom.ts"
import { icon } from "../ui/icons.ts"
import { ageOf, detailOf, labelOf, sizeOf, stateOf, toneOf, viewersOf } from "./words.ts"

export class SessionRow {
  readonly #dot = h("span", { class: "dot", "aria-hidden": "true" })
  readonly #label = h("span", { class: "label" })
  readonly #detail = h("span", { class: "detail" })
  readonly #state = h("span", { class: "state" })
  readonly #size = h("span", { class: "size" })
  readonly #viewerCount = h("span", {})
  readonly #viewers = h("span", { class: "viewers" }, icon("people"), this.#viewerCount)
  readonly #holder = h("span", { class: "holder" })
  readonly #age = h("span", { class: "age" })
  readonly #link = h(
    "a",
    { class: "row", "data-testid": "session" },
    this.#dot,
    h("span", { class: "top" }, this.#label, this.#age),
    h("span", { class: "facts" }, this.#state, this.#detail, this.#holder, this.#size, this.#viewers),
  )
  readonly element = h("li", {}, this.#link)

  get link(): HTMLAnchorElement {
    return this.#link
  }

  update(info: SessionInfo, open: boolean): void {
    setProp(this.#link, "href", `#/s/${encodeURIComponent(info.id)}`)
    setProp(this.#link, "aria-current", open ? "page" : null)
    setProp(this.#link, "title", `${labelOf(info)}\n${detailOf(info)}\n${info.cwd}`)
    setProp(this.#link, "data-tone", toneOf(info))
    setText(this.#label, labelOf(info))
    setText(this.#detail, detailOf(info))
    setText(this.#state, stateOf(info))
    setText(this.#size, sizeOf(info.size))
    setText(this.#viewerCount, String(info.viewers))
    setProp(this.#viewers, "aria-label", viewersOf(info.viewers))
    setProp(this.#viewers, "hidden", info.viewers === 0)
    setText(this.#holder, info.lease ? `held by ${info.lease.client}` : "")
    setText(this.#age, ageOf(info.created_at))
  }
}
