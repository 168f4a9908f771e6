// The toolbar above the terminal: the session's label, its viewers, its lease and its actions.

import type { SessionInfo } from "../../src/ops/shapes.ts"
import { hasEnded } from "../api/sessions.ts"
import { share } from "../api/share.ts"
import { detailText, labelText, viewersText } from "../page/session-text.ts"
import { h, setText } from "../ui/dom.ts"
import { icon, iconButton } from "../ui/icons.ts"
import { type MenuGroup as Group, openMenu } from "../ui/menu.ts"
import { changeSettings, settings } from "../ui/settings.ts"
import { type LeaseActions, LeaseControl } from "./lease.ts"

export type ToolbarActions = {
  drawer: () => void
  recording: () => void
  rename: () => void
  end: () => void
  relaunch: () => void
  find: () => void
  fit: () => void
  copy: () => void
  paste: () => void
  signal: (name: string) => void
  changeClientName: () => void
  share: () => void
  lease: LeaseActions
}

/** `needs`: the access that the items need. Without it, viewers have them too. */
type MenuGroup = Group & { needs?: "control" | "owner" }

const mayUse = (needs: MenuGroup["needs"]): boolean =>
  !share || needs === undefined || (needs === "control" && share.mode === "control")

const SIGNALS = ["INT", "TERM", "HUP", "QUIT", "KILL", "TSTP", "CONT", "USR1", "USR2", "WINCH"]

export class Toolbar {
  readonly element: HTMLElement
  readonly lease: LeaseControl
  readonly #actions: ToolbarActions
  readonly #label = h("span", { "data-testid": "label" })
  readonly #detail = h("span", { class: "detail", "data-testid": "title" })
  readonly #viewers = h("span", {})
  readonly #end = h("span", {}, "End")
  #over = false

  constructor(actions: ToolbarActions) {
    this.#actions = actions
    this.lease = new LeaseControl(actions.lease)
    const name = h(
      "button",
      { class: "name", title: "Rename", "data-testid": "rename", onclick: actions.rename },
      this.#label,
      icon("pencil"),
    )
    const more = iconButton("more", "More", {
      "aria-haspopup": "menu",
      "data-testid": "more",
      onclick: () => openMenu(more, "More", this.#groups()),
    })
    this.element = h(
      "header",
      { class: "toolbar" },
      iconButton("menu", "Sessions", {
        class: "ghost drawer-button",
        "data-testid": "drawer",
        onclick: actions.drawer,
      }),
      h("h2", {}, name),
      this.#detail,
      this.lease.element,
      h("span", { class: "chip viewers", "data-testid": "viewers" }, icon("people"), this.#viewers),
      iconButton("find", "Find (Ctrl+Shift+F)", { class: "ghost wide", onclick: actions.find }),
      mayUse("owner")
        ? iconButton("film", "Play the recording", { class: "ghost wide", onclick: actions.recording })
        : "",
      textSize("A−", "Smaller text", -1),
      textSize("A+", "Larger text", 1),
      more,
      h("button", { class: "end wide", "data-testid": "end", onclick: actions.end }, icon("stop"), this.#end),
    )
  }

  update(info: SessionInfo): void {
    setText(this.#label, labelText(info))
    setText(this.#detail, detailText(info))
    setText(this.#viewers, viewersText(info.viewers))
    if (hasEnded(info)) this.over()
  }

  /** Shows that the session has ended. */
  over(): void {
    this.#over = true
    setText(this.#end, "Remove")
    this.lease.over()
  }

  #groups(): MenuGroup[] {
    const { copy, paste, find, rename, fit, end, relaunch, signal, changeClientName, share } = this.#actions
    const { recording } = this.#actions
    const again = { label: "Start again", icon: "plus", testid: "menu-relaunch", run: relaunch } as const
    const { screenReader } = settings()
    const reader = screenReader ? "Turn screen reader mode off" : "Turn screen reader mode on"
    const all: MenuGroup[] = [
      {
        items: [
          { label: "Copy", icon: "copy", hint: "Ctrl+Shift+C", run: copy },
          { label: "Paste", icon: "paste", hint: "Ctrl+Shift+V", run: paste },
          { label: "Find", icon: "find", hint: "Ctrl+Shift+F", run: find },
        ],
      },
      {
        needs: "owner",
        items: [{ label: "Play the recording", icon: "film", testid: "recording", run: recording }],
      },
      { needs: "control", items: this.lease.items() },
      {
        needs: "owner",
        items: [
          { label: "Share…", icon: "people", testid: "menu-share", run: share },
          { label: "Your client name…", icon: "pencil", run: changeClientName },
        ],
      },
      {
        items: [
          { label: "Fit to this window", icon: "fit", run: fit },
          { label: "Larger text", icon: "plus", hint: "Ctrl+Shift+>", run: () => resizeText(1) },
          { label: "Smaller text", icon: "minus", hint: "Ctrl+Shift+<", run: () => resizeText(-1) },
          { label: reader, icon: "speaker", run: () => changeSettings({ screenReader: !screenReader }) },
        ],
      },
      {
        needs: "control",
        title: "Send signal",
        compact: true,
        items: SIGNALS.map(name => ({ label: name, testid: `signal-${name}`, run: () => signal(name) })),
      },
      {
        needs: "owner",
        items: [
          { label: "Rename", icon: "pencil", run: rename },
          ...(this.#over ? [again] : []),
          { label: this.#end.textContent ?? "End", icon: "stop", danger: true, testid: "menu-end", run: end },
        ],
      },
    ]
    return all.filter(({ needs, items }) => items.length > 0 && mayUse(needs))
  }
}

/** Changes the terminal's text size by `by` pixels. */
export const resizeText = (by: number): void => changeSettings({ fontSize: settings().fontSize + by })

const textSize = (text: string, label: string, by: number): HTMLButtonElement =>
  h(
    "button",
    { class: "ghost text wide", "aria-label": label, title: label, onclick: () => resizeText(by) },
    text,
  )
