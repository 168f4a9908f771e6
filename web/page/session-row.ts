// One row of the session list: a link. Updates keep the element, and so its focus.

import type { SessionInfo } from "../../src/ops/shapes.ts"
import { h, setProp, setText } from "../ui/dom.ts"
import { icon } from "../ui/icons.ts"
import { ageText, detailText, labelText, sizeText, stateText, toneOf, viewersText } from "./session-text.ts"

export class SessionRow {
  readonly #dot = h("span", { class: "dot", "aria-hidden": "true" })
  readonly #label = h("span", { class: "label" })
  readonly #detail = h("span", { class: "detail" })
  readonly #state = h("span", { class: "state" })
  readonly #size = h("span", { class: "size" })
  readonly #viewerCount = h("span", {})
  readonly #viewers = h("span", { class: "viewers" }, icon("people"), this.#viewerCount)
  readonly #leaseOwner = h("span", { class: "owner" })
  readonly #age = h("span", { class: "age" })
  readonly #link = h(
    "a",
    { class: "row", "data-testid": "session" },
    this.#dot,
    h("span", { class: "top" }, this.#label, this.#age),
    h("span", { class: "facts" }, this.#state, this.#detail, this.#leaseOwner, this.#size, this.#viewers),
  )
  readonly element = h("li", {}, this.#link)

  get link(): HTMLAnchorElement {
    return this.#link
  }

  update(info: SessionInfo, open: boolean): void {
    setProp(this.#link, "href", `#/s/${encodeURIComponent(info.id)}`)
    setProp(this.#link, "aria-current", open ? "page" : null)
    setProp(this.#link, "title", `${labelText(info)}\n${detailText(info)}\n${info.cwd}`)
    setProp(this.#link, "data-tone", toneOf(info))
    setText(this.#label, labelText(info))
    setText(this.#detail, detailText(info))
    setText(this.#state, stateText(info))
    setText(this.#size, sizeText(info.size))
    setText(this.#viewerCount, String(info.viewers))
    setProp(this.#viewers, "aria-label", viewersText(info.viewers))
    setProp(this.#viewers, "hidden", info.viewers === 0)
    setText(this.#leaseOwner, info.lease ? `controlled by ${info.lease.client}` : "")
    setText(this.#age, ageText(info.created_at))
  }
}
