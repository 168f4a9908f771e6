// The page's frame: the list at the side, a main area that holds one thing at a time, the list as a sheet on phones.

import { h } from "../ui/dom.ts"
import { toastTray } from "../ui/toast.ts"

export class PageLayout {
  readonly main = h("main", { id: "main" })
  readonly element: HTMLElement
  /** Which view stands in the main area when no session does; the same one is not built twice. */
  #view = ""

  constructor(sidebar: HTMLElement) {
    const veil = h("div", { class: "veil", onclick: () => this.drawer(false) })
    this.element = h("div", { class: "app" }, sidebar, veil, this.main, toastTray())
  }

  /** Opens or closes the list's sheet on narrow windows; on wide ones the list is always there. */
  drawer(open: boolean): void {
    this.element.toggleAttribute("data-drawer", open)
  }

  signedOut(out: boolean): void {
    this.element.toggleAttribute("data-signed-out", out)
  }

  /** Fills the main area with an open session. */
  session(element: HTMLElement): void {
    this.#view = ""
    this.main.replaceChildren(element)
    this.drawer(false)
  }

  /** Shows a view by its name unless it stands there already. */
  view(name: string, build: () => HTMLElement): void {
    if (this.#view === name) return
    this.#view = name
    document.title = "ptyline"
    const drawer = h("button", { class: "drawer-button", onclick: () => this.drawer(true) }, "Sessions")
    this.main.replaceChildren(h("div", { class: "blank" }, drawer, build()))
  }

  /** True while somebody fills in a form here: it must not be replaced under their hands. */
  get busy(): boolean {
    return this.#view !== "" && [...this.main.querySelectorAll("input")].some(input => input.value !== "")
  }
}
