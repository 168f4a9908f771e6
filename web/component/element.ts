// The custom element <ptyline-terminal>: a session's terminal for any page.

import type { ConnectionStatus } from "../connection/status.ts"
import { statusMessage } from "./messages.ts"
import { componentSheet } from "./style.ts"
import { ElementView, type ViewTarget } from "./view.ts"

/** Attributes that select the terminal. A new value starts a new terminal. */
const ATTRIBUTES = ["src", "session", "token", "mode", "api", "cwd", "venv", "shell", "name", "file"]

/**
 * Attributes: `src` is the server (default: the server that this module was loaded from), `session` a
 * session's id or name, `token` a token, `mode` "control" or "view". `api="mrmd"` selects mrmd's API:
 * `session` is then any string, and `cwd`, `venv`, `shell`, `name` and `file` are options for its shell.
 * `status` reports the state of the connection. Events, each with a `detail`: `connected`, `exit`, `title`,
 * `input`. Appearance: CSS properties such as `--ptyline-background` and `--ptyline-font-size`.
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
    // Native input events from inside would be mistaken for the element's own.
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

  /** The state of the connection: connecting, connected, waiting, ended, gone, signed-out or refused. */
  get status(): string {
    return this.getAttribute("status") ?? "connecting"
  }

  /** The terminal's text, scrollback included. */
  get text(): string {
    return this.#view?.screen.text() ?? ""
  }

  /** Sends input. Returns false without a connection, and in view mode. */
  send(text: string): boolean {
    return this.#view?.send(new TextEncoder().encode(text)) ?? false
  }

  /** Resizes the session to fit the element. */
  fit(): void {
    this.#view?.fit()
  }

  override focus(): void {
    this.#view?.screen.terminal.focus()
  }

  /** Restarts once for all attributes that change together. */
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

  /** Returns null without a session. */
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
    const options = ["cwd", "venv", "shell", "name"].map(name => [name, this.getAttribute(name)])
    const given = [...options, ["file_path", this.getAttribute("file")]].filter(([, value]) => value)
    return Object.fromEntries(given)
  }

  #statusChanged(status: ConnectionStatus): void {
    this.setAttribute("status", status.kind)
    this.#message.textContent = statusMessage(status)
    if (status.kind === "connected") this.#emit("connected", { session: this.getAttribute("session") })
    if (status.kind === "ended") this.#emit("exit", status.exit)
  }

  #emit(type: string, detail: unknown): void {
    this.dispatchEvent(new CustomEvent(type, { detail }))
  }
}
