// The lease in the toolbar: its owner, and buttons to take control, release it and hand it over.

import type { LeaseState } from "../../src/wire/attach.ts"
import { h, setProp, setText } from "../ui/dom.ts"
import { icon } from "../ui/icons.ts"
import type { MenuItem } from "../ui/menu.ts"

export type LeaseActions = { take: () => void; release: () => void; handOver: (to?: string) => void }
type Ownership = "free" | "mine" | "other"

export class LeaseControl {
  readonly element: HTMLElement
  readonly #actions: LeaseActions
  readonly #text = h("span", { role: "status", "data-testid": "holder" })
  readonly #owner = h("span", { class: "chip owner" }, icon("key"), this.#text)
  readonly #take: HTMLButtonElement
  readonly #release: HTMLButtonElement
  readonly #handOver: HTMLButtonElement
  #ownership: Ownership = "free"
  /** The owner before this window, to hand the lease back. */
  #previousOwner: string | null = null
  #over = false

  constructor(actions: LeaseActions) {
    this.#actions = actions
    const button = (text: string, testid: string, className: string, run: () => void) =>
      h("button", { class: className, "data-testid": testid, onclick: run }, text)
    this.#take = button("Take control", "take", "take", actions.take)
    this.#release = button("Release", "release", "", actions.release)
    this.#handOver = button("Hand over…", "hand-over", "wide", () =>
      actions.handOver(this.#previousOwner ?? undefined),
    )
    this.element = h("div", { class: "lease" }, this.#owner, this.#take, this.#handOver, this.#release)
    this.#draw()
  }

  get ownership(): Ownership {
    return this.#ownership
  }

  /** Shows the current lease. `from` is the previous owner, if known. */
  update(lease: LeaseState | null, me: string, from: string | null): void {
    this.#ownership = lease === null ? "free" : lease.client === me ? "mine" : "other"
    this.#previousOwner = this.#ownership === "mine" && from !== me ? (from ?? this.#previousOwner) : null
    setText(
      this.#text,
      this.#ownership === "mine" ? "You have control" : lease ? `${lease.client} has control` : "",
    )
    setProp(this.#owner, "title", lease?.reason ?? null)
    this.#draw()
  }

  /** Hides the lease of an ended session. */
  over(): void {
    this.#over = true
    this.#draw()
  }

  /** Flashes, because input was rejected: another client owns the lease. */
  flash(): void {
    this.#owner.classList.remove("flash")
    void this.#owner.offsetWidth
    this.#owner.classList.add("flash")
  }

  /** Returns the actions as menu items, for narrow windows. */
  items(): MenuItem[] {
    const { take, release, handOver } = this.#actions
    if (this.#over) return []
    if (this.#ownership !== "mine")
      return [{ label: "Take control", icon: "key", testid: "menu-take", run: take }]
    const back = this.#previousOwner
    const handBack: MenuItem[] = back
      ? [{ label: `Hand back to ${back}`, icon: "key", testid: "menu-hand-back", run: () => handOver(back) }]
      : []
    const others: MenuItem[] = [
      { label: "Hand over…", icon: "people", testid: "menu-hand-over", run: () => handOver() },
      { label: "Release control", icon: "close", testid: "menu-release", run: release },
    ]
    return [...handBack, ...others]
  }

  #draw(): void {
    const mine = this.#ownership === "mine" && !this.#over
    setProp(this.element, "data-owner", this.#ownership)
    this.#owner.hidden = this.#ownership === "free" || this.#over
    this.#take.hidden = mine || this.#over
    this.#release.hidden = this.#handOver.hidden = !mine
  }
}
