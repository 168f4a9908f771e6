// The bar over the terminal: what the session is called, who else is on it, and what can be done with it.

import type { SessionInfo } from "../../src/ops/shapes.ts"
import { hasEnded } from "../api/sessions.ts"
import { share } from "../api/share.ts"
import { detailText, labelText, viewersText } from "../page/session-text.ts"
import { h, setProp, setText } from "../ui/dom.ts"
import { type IconName, icon } from "../ui/icons.ts"
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
  callMe: () => void
  share: () => void
  lease: LeaseActions
}

/** Who has these items: whoever types, or only those whose server it is; without it whoever looks too. */
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
    const more = tool("more", "More", () => this.#more(more))
    setProp(more, "aria-haspopup", "menu")
    setProp(more, "data-testid", "more")
    const drawer = tool("menu", "Sessions", actions.drawer)
    drawer.classList.add("drawer-button")
    drawer.setAttribute("data-testid", "drawer")
    this.element = h(
      "header",
      { class: "toolbar" },
      drawer,
      h("h2", {}, name),
      this.#detail,
      this.lease.element,
      h("span", { class: "chip viewers", "data-testid": "viewers" }, icon("people"), this.#viewers),
      tool("find", "Find (Ctrl+Shift+F)", actions.find, "wide"),
      mayUse("owner") ? tool("film", "Play the recording", actions.recording, "wide") : "",
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

  /** Nothing is left to end. */
  over(): void {
    this.#over = true
    setText(this.#end, "Remove")
    this.lease.over()
  }

  #more(button: HTMLElement): void {
    openMenu(button, "More", this.#groups())
  }

  #groups(): MenuGroup[] {
    const { copy, paste, find, rename, fit, end, relaunch, signal, callMe, share: give } = this.#actions
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
          { label: "Share…", icon: "people", testid: "menu-share", run: give },
          { label: "Your name on the line…", icon: "pencil", run: callMe },
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

/** Changes the terminal's text size by so many pixels. */
export const resizeText = (by: number): void => changeSettings({ fontSize: settings().fontSize + by })

const tool = (name: IconName, label: string, run: () => void, className = ""): HTMLButtonElement =>
  h("button", { class: `ghost ${className}`, "aria-label": label, title: label, onclick: run }, icon(name))

const textSize = (text: string, label: string, by: number): HTMLButtonElement =>
  h(
    "button",
    { class: "ghost text wide", "aria-label": label, title: label, onclick: () => resizeText(by) },
    text,
  )
