// <ptyline-terminal>: a session's terminal as an element of any page.

import type { LineStatus } from "../connection/closing.ts"
import { statusMessage } from "./messages.ts"
import { componentSheet } from "./style.ts"
import { ElementView, type ViewTarget } from "./view.ts"

/** Attributes that decide which terminal it is; another value makes another terminal. */
const ATTRIBUTES = ["src", "session", "token", "mode", "api", "cwd", "venv", "shell", "name", "file"]

/**
 * Attributes: `src` the server (left out: the one this module came from), `session` a session's id or name, `token`, `mode` "control" or
 * "view". With `api="mrmd"` the terminal is one of mrmd's: `session` is any string of one's own, and `cwd`, `venv`, `shell`, `name`
 * and `file` are what its shell is started with. Events: `connected`, `exit`, `title`, `input`, each with a `detail`. Looks:
 * `--ptyline-background`, `--ptyline-font-size` and the like. `status` tells how the connection is.
 */
export class PtylineTerminal extends HTMLElement {
  static readonly observedAttributes = ATTRIBUTES
  readonly #box = document.createElement("div")
  readonly #message = document.createElement("div")
  #view: ElementView | null = null
  #restartPlanned = false

  constructor() {
    super()
    const shadow = this.attachShadow({ mode: "open", delegatesFocus: true })
    shadow.adoptedStyleSheets = [componentSheet()]
    const scroll = document.createElement("div")
    scroll.className = "scroll"
    this.#box.className = "box"
    this.#message.className = "message"
    this.#message.setAttribute("role", "status")
    scroll.append(this.#box)
    shadow.append(scroll, this.#message)
    // the browser's own input events of what is inside would pass for the element's
    shadow.addEventListener("input", event => event.stopPropagation())
  }

  connectedCallback(): void {
    this.#planRestart()
  }

  disconnectedCallback(): void {
    this.#stop()
  }

  attributeChangedCallback(_name: string, before: string | null, now: string | null): void {
    if (before !== now && this.isConnected) this.#planRestart()
  }

  /** How the connection is: connecting, connected, waiting, ended, gone, signed-out or refused. */
  get status(): string {
    return this.getAttribute("status") ?? "connecting"
  }

  /** What is on the terminal, scrollback included. */
  get text(): string {
    return this.#view?.screen.text() ?? ""
  }

  /** Types. False when there is no connection, or only a look. */
  send(text: string): boolean {
    return this.#view?.send(new TextEncoder().encode(text)) ?? false
  }

  /** Gives the session the size that fits into the element. */
  fit(): void {
    this.#view?.fit()
  }

  override focus(): void {
    this.#view?.screen.terminal.focus()
  }

  /** Once for all attributes that change together. */
  #planRestart(): void {
    if (this.#restartPlanned) return
    this.#restartPlanned = true
    queueMicrotask(() => {
      this.#restartPlanned = false
      this.#stop()
      const target = this.isConnected ? this.#target() : null
      if (target) this.#start(target)
    })
  }

  #start(target: ViewTarget): void {
    this.#view = new ElementView(this, this.#box, target, {
      status: status => this.#statusChanged(status),
      title: title => this.#emit("title", { title }),
      input: data => this.#emit("input", { data: new TextDecoder().decode(data) }),
    })
  }

  #stop(): void {
    this.#view?.dispose()
    this.#view = null
  }

  /** Null without a session. */
  #target(): ViewTarget | null {
    const session = this.getAttribute("session")
    if (!session) return null
    const src = this.getAttribute("src")
    const base = src
      ? new URL(src, document.baseURI).href.replace(/\/*$/, "/")
      : new URL("./", import.meta.url).href
    const mode = this.getAttribute("mode") === "view" ? "view" : "control"
    if (this.getAttribute("api") !== "mrmd")
      return { api: "native", base, session, mode, token: this.getAttribute("token") }
    return { api: "mrmd", base, mode, query: { session_id: session, ...this.#shellOptions() } }
  }

  #shellOptions(): Record<string, string> {
    const wishes = ["cwd", "venv", "shell", "name"].map(name => [name, this.getAttribute(name)])
    const given = [...wishes, ["file_path", this.getAttribute("file")]].filter(([, value]) => value)
    return Object.fromEntries(given)
  }

  #statusChanged(status: LineStatus): void {
    this.setAttribute("status", status.kind)
    this.#message.textContent = statusMessage(status)
    if (status.kind === "connected") this.#emit("connected", { session: this.getAttribute("session") })
    if (status.kind === "ended") this.#emit("exit", status.exit)
  }

  #emit(type: string, detail: unknown): void {
    this.dispatchEvent(new CustomEvent(type, { detail }))
  }
}
