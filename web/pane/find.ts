// The search bar of the terminal.

import type { ISearchOptions } from "@xterm/addon-search"
import type { Screen } from "../term/screen.ts"
import { searchMarks } from "../term/themes.ts"
import { h, listen, setText } from "../ui/dom.ts"
import { iconButton } from "../ui/icons.ts"
import { isDark } from "../ui/settings.ts"

export class Find {
  readonly element: HTMLElement
  readonly #screen: Screen
  readonly #input = h("input", {
    type: "search",
    "aria-label": "Find in the terminal",
    placeholder: "Find",
    "data-testid": "find",
  })
  readonly #count = h("span", { class: "count", role: "status", "data-testid": "find-count" })
  readonly #case = toggle("Aa", "Match case")
  readonly #regex = toggle(".*", "Regular expression")

  constructor(screen: Screen) {
    this.#screen = screen
    this.element = h(
      "search",
      { class: "find", hidden: true },
      this.#input,
      this.#count,
      this.#case,
      this.#regex,
    )
    this.element.append(
      iconButton("up", "Previous match (Shift+Enter)", { onclick: () => this.#step(-1) }),
      iconButton("down", "Next match (Enter)", { onclick: () => this.#step(1) }),
      iconButton("close", "Close (Escape)", { onclick: () => this.close() }),
    )
    screen.search.onDidChangeResults(({ resultIndex, resultCount }) =>
      this.#counted(resultIndex, resultCount),
    )
    listen(this.#input, "input", () => this.#search(true))
    listen(this.element, "keydown", (event: KeyboardEvent) => this.#key(event))
    for (const box of [this.#case, this.#regex]) listen(box, "click", () => this.#search(true))
  }

  /** Opens the search bar and searches for the selection, if any. */
  open(): void {
    this.element.hidden = false
    const selected = this.#screen.terminal.getSelection()
    if (selected && !selected.includes("\n")) this.#input.value = selected
    this.#input.select()
    if (this.#input.value) this.#search(true)
  }

  close(): void {
    this.element.hidden = true
    this.#screen.search.clearDecorations()
    setText(this.#count, "")
    this.#screen.terminal.focus()
  }

  #key(event: KeyboardEvent): void {
    if (event.key === "Escape") this.close()
    else if (event.key === "Enter" && event.target === this.#input) this.#step(event.shiftKey ? -1 : 1)
    else return
    event.preventDefault()
  }

  #step(direction: 1 | -1): void {
    if (direction === 1) this.#search(false)
    else this.#guard(() => this.#screen.search.findPrevious(this.#input.value, this.#options(false)))
  }

  #search(incremental: boolean): void {
    this.#guard(() => this.#screen.search.findNext(this.#input.value, this.#options(incremental)))
  }

  /** Catches errors: a regular expression is often invalid while it is typed. */
  #guard(search: () => boolean): void {
    try {
      search()
      if (!this.#input.value) setText(this.#count, "")
    } catch {
      setText(this.#count, "invalid expression")
    }
  }

  #options(incremental: boolean): ISearchOptions {
    const on = (box: HTMLElement) => box.getAttribute("aria-pressed") === "true"
    const decorations = searchMarks(isDark())
    return { incremental, caseSensitive: on(this.#case), regex: on(this.#regex), decorations }
  }

  #counted(index: number, count: number): void {
    if (this.element.hidden || !this.#input.value) return
    setText(
      this.#count,
      count === 0 ? "no match" : index < 0 ? `${count} matches` : `${index + 1} of ${count}`,
    )
  }
}

function toggle(text: string, label: string): HTMLButtonElement {
  const box = h(
    "button",
    { class: "ghost toggle", "aria-label": label, title: label, "aria-pressed": "false" },
    text,
  )
  listen(box, "click", () =>
    box.setAttribute("aria-pressed", String(box.getAttribute("aria-pressed") !== "true")),
  )
  return box
}
