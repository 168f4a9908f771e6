// Layout of the page: the session list at the side, or as a sheet on phones, and one main area.

import { h } from "../ui/dom.ts"
import { toastTray } from "../ui/toast.ts"

export class PageLayout {
  readonly main = h("main", { id: "main" })
  readonly element: HTMLElement
  /** Name of the view in the main area, or empty for a session. */
  #view = ""

  constructor(sidebar: HTMLElement) {
    const veil = h("div", { class: "veil", onclick: () => this.drawer(false) })
    this.element = h("div", { class: "app" }, sidebar, veil, this.main, toastTray())
  }

  /** Opens or closes the list's sheet in narrow windows. Wide windows always show the list. */
  drawer(open: boolean): void {
    this.element.toggleAttribute("data-drawer", open)
  }

  signedOut(out: boolean): void {
    this.element.toggleAttribute("data-signed-out", out)
  }

  /** Shows a session in the main area. */
  session(element: HTMLElement): void {
    this.#view = ""
    this.main.replaceChildren(element)
    this.drawer(false)
  }

  /** Shows a view, unless it is already shown. */
  view(name: string, build: () => HTMLElement): void {
    if (this.#view === name) return
    this.#view = name
    document.title = "ptyline"
    const drawer = h("button", { class: "drawer-button", onclick: () => this.drawer(true) }, "Sessions")
    this.main.replaceChildren(h("div", { class: "blank" }, drawer, build()))
  }

  /** True while a form in the main area has input, which must not be lost. */
  get busy(): boolean {
    return this.#view !== "" && [...this.main.querySelectorAll("input")].some(input => input.value !== "")
  }
}
