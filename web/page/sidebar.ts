// The session list, with buttons for theme and help. On a phone it is a sheet over the terminal.

import type { FeedStatus } from "../api/feed.ts"
import type { SessionList } from "../api/sessions.ts"
import { h, listen, setProp, setText } from "../ui/dom.ts"
import { type IconName, icon, iconButton, mark } from "../ui/icons.ts"
import { changeSettings, onSettings, settings, type Theme } from "../ui/settings.ts"
import { SessionRow } from "./session-row.ts"

type SidebarActions = { start: () => void; help: () => void; leave: () => void; chosen: () => void }

const AGES_EVERY_MS = 20_000
const NEXT_THEME: Record<Theme, Theme> = { auto: "light", light: "dark", dark: "auto" }
const THEME_LABEL: Record<Theme, string> = {
  auto: "Theme: system",
  light: "Theme: light",
  dark: "Theme: dark",
}
const FEED_TEXT: Record<FeedStatus, string> = {
  connecting: "Connecting…",
  live: "Live",
  down: "Server not reachable",
  "signed-out": "Signed out",
}

export class Sidebar {
  readonly element: HTMLElement
  readonly #sessions: SessionList
  readonly #rows = new Map<string, SessionRow>()
  readonly #list = h("ul", { class: "rows", "data-testid": "sessions" })
  readonly #none = h("p", { class: "none" }, "No sessions yet.")
  readonly #count = h("span", { class: "count" })
  readonly #feed = h("span", { class: "feed", role: "status", "data-testid": "feed" })
  #open: string | null = null

  constructor(sessions: SessionList, actions: SidebarActions) {
    this.#sessions = sessions
    this.element = this.#build(actions)
    sessions.changed.add(() => this.#draw())
    listen(this.#list, "click", () => actions.chosen())
    listen(this.#list, "keydown", (event: KeyboardEvent) => this.#step(event))
    listen(this.element, "keydown", (event: KeyboardEvent) => event.key === "Escape" && actions.leave())
    setInterval(() => this.#draw(), AGES_EVERY_MS)
    this.#draw()
  }

  /** Marks the open session. */
  select(id: string | null): void {
    this.#open = id
    this.#draw()
  }

  feed(status: FeedStatus): void {
    setText(this.#feed, FEED_TEXT[status])
    setProp(this.#feed, "data-status", status)
    setProp(this.#list, "data-stale", status === "down")
  }

  focus(): void {
    const open = this.#list.querySelector<HTMLElement>("[aria-current]") ?? this.#list.querySelector("a")
    const target = open ?? this.element.querySelector("button")
    target?.focus()
  }

  #build(actions: SidebarActions): HTMLElement {
    const start = h(
      "button",
      {
        class: "start",
        "data-testid": "new",
        title: "New session (Ctrl+Shift+Enter)",
        onclick: actions.start,
      },
      icon("plus"),
      "New",
    )
    return h(
      "nav",
      { class: "sidebar", id: "sessions", "aria-label": "Sessions" },
      h("header", {}, mark(), h("h1", {}, "ptyline"), start),
      h("div", { class: "list" }, h("h2", {}, "Sessions", this.#count), this.#none, this.#list),
      h(
        "footer",
        {},
        this.#feed,
        themeButton(),
        iconButton("help", "Keyboard help", { "data-testid": "help", onclick: actions.help }),
      ),
    )
  }

  #draw(): void {
    const all = this.#sessions.list()
    const rows = all.map(info => {
      const row = this.#rows.get(info.id) ?? new SessionRow()
      this.#rows.set(info.id, row)
      row.update(info, info.id === this.#open)
      return row
    })
    for (const [id, row] of this.#rows) if (!rows.includes(row)) this.#forget(id, row)
    arrange(this.#list, rows)
    setText(this.#count, all.length ? String(all.length) : "")
    this.#none.hidden = all.length > 0
  }

  #forget(id: string, row: SessionRow): void {
    this.#rows.delete(id)
    row.element.remove()
  }

  /** Moves the focus with the arrow keys. Enter follows the link without our help. */
  #step(event: KeyboardEvent): void {
    const links = [...this.#rows.values()].map(row => row.link).sort(inPage)
    const at = links.indexOf(document.activeElement as HTMLAnchorElement)
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: links.length - 1 }[event.key]
    if (to === undefined) return
    event.preventDefault()
    links.at(to % links.length)?.focus()
  }
}

/** Orders the rows. Moves only rows out of place, because a moved element loses its focus. */
function arrange(list: HTMLElement, rows: SessionRow[]): void {
  rows.forEach((row, index) => {
    const there = list.children[index]
    if (there !== row.element) list.insertBefore(row.element, there ?? null)
  })
}

const inPage = (a: Node, b: Node): number =>
  a.compareDocumentPosition(b) & Node.DOCUMENT_POSITION_FOLLOWING ? -1 : 1

function themeButton(): HTMLButtonElement {
  const button = h("button", { class: "ghost", "data-testid": "theme" })
  const draw = () => {
    const { theme } = settings()
    button.replaceChildren(icon(theme satisfies IconName))
    setProp(button, "aria-label", THEME_LABEL[theme])
    setProp(button, "title", THEME_LABEL[theme])
  }
  listen(button, "click", () => changeSettings({ theme: NEXT_THEME[settings().theme] }))
  onSettings(draw)
  draw()
  return button
}
