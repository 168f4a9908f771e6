// The player: the recording of one session, with links to positions.

import type { SessionInfo } from "../../src/ops/shapes.ts"
import { ApiError, api } from "../api/api.ts"
import { hasEnded } from "../api/sessions.ts"
import { recordingAddress } from "../page/address.ts"
import { detailText, labelText, sizeText } from "../page/session-text.ts"
import { h, listen, setProp, setText } from "../ui/dom.ts"
import { icon, iconButton } from "../ui/icons.ts"
import { openMenu } from "../ui/menu.ts"
import { toast, toastError } from "../ui/toast.ts"
import { Cast, readCast } from "./cast.ts"
import { Clock } from "./clock.ts"
import { Controls } from "./controls.ts"
import { timeText } from "./seek-bar.ts"
import { keyAction } from "./shortcuts.ts"
import { PlayerTerminal } from "./terminal.ts"

type PlayerHooks = { drawer: () => void; back: () => void; signedOut: () => void }

const FORMATS = [
  ["asciicast", "Asciicast, version 3", "cast"],
  ["asciicast-v2", "Asciicast, version 2", "cast"],
  ["text", "Plain text", "txt"],
  ["html", "Web page", "html"],
] as const

/** If a recording has not grown for this long, the current end is used as the start position, in ms. */
const SETTLED_MS = 400

export class Player {
  readonly element: HTMLElement
  readonly #info: SessionInfo
  readonly #cast = new Cast()
  readonly #clock = new Clock(this.#cast)
  readonly #terminal = new PlayerTerminal(this.#cast)
  readonly #controls = new Controls(this.#cast, this.#clock)
  readonly #disposed = new AbortController()
  readonly #label = h("span", { "data-testid": "label" })
  readonly #detail = h("span", { class: "detail" })
  readonly #state = h("span", { role: "status", "data-testid": "status" })
  readonly #disposers: (() => void)[]
  /** The requested start position, until it has arrived. */
  #start: number | null
  /** A requested position that had not arrived yet, and the position used instead. */
  #pending: { wanted: number; at: number } | null = null
  #linked = ""
  #settling: ReturnType<typeof setTimeout> | undefined

  constructor(info: SessionInfo, at: number | null, hooks: PlayerHooks) {
    this.#info = info
    this.#start = at
    this.element = h(
      "section",
      { class: "pane player", "aria-label": "Recording", "data-testid": "player" },
      this.#header(hooks),
      this.#terminal.element,
      this.#controls.element,
    )
    this.#disposers = [
      this.#clock.changed.add(() => this.#moved()),
      this.#cast.changed.add(() => this.#arrived()),
      listen(document, "keydown", (event: KeyboardEvent) =>
        keyAction(event, this.#clock, this.#cast, hooks.back),
      ),
    ]
    this.#read().catch(error => this.#failed(error, hooks))
  }

  /** Starts the player. Call it after the element is in the document. */
  start(): void {
    this.#terminal.open()
    this.#moved()
    if (this.#start === null) this.#clock.play()
  }

  /** Moves to a time from the address. */
  goTo(at: number | null): void {
    if (at === null || String(at) === this.#linked) return
    this.#clock.pause()
    this.#clock.seek(at)
  }

  /** Returns the screen's text and the player's state, for the automation hook. */
  report(): { text: string; offset: number; status: string } {
    const { playing, at } = this.#clock
    return {
      text: this.#terminal.text(),
      offset: 0,
      status: `${playing ? "Playing" : "Paused"} ${timeText(at)}`,
    }
  }

  dispose(): void {
    this.#disposed.abort()
    clearTimeout(this.#settling)
    // Remove the listeners first. Otherwise the clock's last event would restore this recording's address.
    for (const dispose of this.#disposers) dispose()
    this.#clock.pause()
    this.#terminal.dispose()
    this.element.remove()
  }

  async #read(): Promise<void> {
    const follow = !hasEnded(this.#info)
    await readCast(await api.recording(this.#info.id, follow, this.#disposed.signal), this.#cast)
  }

  #failed(error: unknown, hooks: PlayerHooks): void {
    if (this.#disposed.signal.aborted) return
    if (error instanceof ApiError && error.status === 401) hooks.signedOut()
    else toastError(error)
  }

  #header(hooks: PlayerHooks): HTMLElement {
    const save = iconButton("download", "Download", { "aria-haspopup": "menu", "data-testid": "download" })
    listen(save, "click", () => this.#download(save))
    setText(this.#label, labelText(this.#info))
    setText(this.#detail, detailText(this.#info))
    return h(
      "header",
      { class: "toolbar" },
      iconButton("menu", "Sessions", { class: "ghost drawer-button", onclick: hooks.drawer }),
      h("h2", {}, h("span", { class: "badge" }, "Recording"), this.#label),
      this.#detail,
      this.#state,
      iconButton("link", "Copy a link to this time", {
        "data-testid": "link",
        onclick: () => this.#copyLink(),
      }),
      save,
      h(
        "button",
        { class: "back", "data-testid": "back", onclick: hooks.back },
        icon("terminal"),
        h("span", {}, "Session"),
      ),
    )
  }

  #moved(): void {
    this.#terminal.show(this.#clock.at)
    this.#controls.update()
    setText(this.#state, this.#statusText())
    if (!this.#clock.playing && this.#start === null) this.#updateAddress()
  }

  #arrived(): void {
    clearTimeout(this.#settling)
    if (this.#pending) this.#seekPending(this.#pending)
    else if (this.#start !== null && (this.#cast.complete || this.#cast.duration >= this.#start))
      this.#seekStart(this.#start)
    // A running session may print no more for now, so use the current end.
    else if (this.#start !== null)
      this.#settling = setTimeout(() => this.#seekStart(this.#start!), SETTLED_MS)
    this.#moved()
  }

  /** Moves to the time in the address, or as close as has arrived. */
  #seekStart(at: number): void {
    this.#start = null
    this.#clock.seek(at)
    this.#pending = at > this.#clock.at ? { wanted: at, at: this.#clock.at } : null
  }

  /** Moves closer to the requested time, unless the position changed in between. */
  #seekPending({ wanted, at }: { wanted: number; at: number }): void {
    this.#pending = null
    if (!this.#clock.playing && this.#clock.at === at) this.#seekStart(wanted)
  }

  #statusText(): string {
    const { size, exit, recordedAt } = this.#cast
    if (!size) return "Loading…"
    const { cols, rows } = this.#terminal.terminal
    const when = new Date(recordedAt).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" })
    const end = exit === null ? "" : ` · exited with ${exit}`
    return `${when} · ${sizeText({ cols, rows })}${end}`
  }

  /** Writes the position to the address, so that a reload or a copied address returns to it. */
  #updateAddress(): void {
    const at = linkedMoment(this.#clock.at)
    if (String(at) === this.#linked) return
    this.#linked = String(at)
    history.replaceState(null, "", recordingAddress(this.#info.id, at))
  }

  #copyLink(): void {
    const at = linkedMoment(this.#clock.at)
    const link = new URL(recordingAddress(this.#info.id, at), location.href).href
    const copied = () => toast(`Copied a link to ${timeText(at)}.`, { lastsMs: 3_000 })
    navigator.clipboard.writeText(link).then(copied, () => toast(link, { lastsMs: 20_000 }))
  }

  #download(button: HTMLElement): void {
    const name = labelText(this.#info)
      .replace(/[^\p{L}\p{N}._-]+/gu, "-")
      .slice(0, 60)
    const items = FORMATS.map(([format, label, ending]) => ({
      label,
      testid: `download-${format}`,
      run: () =>
        h("a", { href: api.recordingUrl(this.#info.id, format), download: `${name}.${ending}` }).click(),
    }))
    openMenu(button, "Download", [{ title: "Download", items }])
    setProp(button, "aria-expanded", "true")
  }
}

/** Rounds to milliseconds, as exact as the recording: a coarser time would show an earlier screen. */
const linkedMoment = (at: number): number => Math.round(at * 1000) / 1000
