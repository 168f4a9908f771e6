// The pane of one open session: its connection, terminal, toolbar, status bar and search.

import type { SessionInfo } from "../../src/ops/shapes.ts"
import type { LeaseState } from "../../src/wire/attach.ts"
import type { AttachEvent, HelloEvent } from "../../src/wire/attach-client.ts"
import { hasEnded } from "../api/sessions.ts"
import { share } from "../api/share.ts"
import { myName } from "../connection/client-name.ts"
import { SessionConnection } from "../connection/connection.ts"
import { pageRoute } from "../connection/page-route.ts"
import type { ConnectionStatus } from "../connection/status.ts"
import { onPutAway, onWake } from "../connection/wake.ts"
import type { ShortcutAction } from "../page/help.ts"
import { bytesText } from "../page/session-text.ts"
import { copySelection, pasteFromClipboard } from "../term/clipboard.ts"
import { PAGE_BEHAVIOUR } from "../term/page-behaviour.ts"
import { Screen } from "../term/screen.ts"
import { h } from "../ui/dom.ts"
import { toast, toastError } from "../ui/toast.ts"
import { Find } from "./find.ts"
import { Fitting } from "./fitting.ts"
import { Keybar } from "./keybar.ts"
import { StatusBar } from "./status.ts"
import { statusText } from "./status-text.ts"
import { resizeText, Toolbar, type ToolbarActions } from "./toolbar.ts"

/** `command` is called for every key press. It returns true if the page handled the key. */
type PaneHooks = Pick<
  ToolbarActions,
  "drawer" | "recording" | "rename" | "end" | "relaunch" | "signal" | "changeClientName" | "share"
> & {
  command: (event: KeyboardEvent) => boolean
  title: (title: string) => void
  signedOut: () => void
  handOver: (to?: string) => void
}

/** Why output is missing, by the reason of the gap. */
const GAPS = {
  trimmed: "the log no longer has them",
  slow_viewer: "this viewer fell too far back",
  disk: "the server's disk did not accept them",
  damage: "the log on disk is damaged",
}

const TYPED_NOTICE_EVERY_MS = 4_000

export class SessionPane {
  readonly element: HTMLElement
  readonly find: Find
  readonly #hooks: PaneHooks
  readonly #toolbar: Toolbar
  readonly #status: StatusBar
  readonly #keybar: Keybar
  readonly #stage: HTMLElement
  readonly #screen: Screen
  readonly #connection: SessionConnection
  readonly #fitting: Fitting
  readonly #disposers: (() => void)[]
  #warnedAt = 0
  /** This window's access, from the server's hello. */
  #mode = share?.mode ?? "control"
  /** This window's client name, from the server's hello. For a share it starts with the share's name. */
  #clientName = myName()

  constructor(info: SessionInfo, hooks: PaneHooks) {
    this.#hooks = hooks
    const box = h("div", { class: "fitbox" })
    this.#stage = h("div", { class: "stage", "data-testid": "terminal" }, h("div", { class: "scroll" }, box))
    const props = {
      class: "pane",
      "aria-label": "Terminal",
      "data-share": share !== null,
      "data-mode": this.#mode,
    }
    this.element = h("section", props, this.#stage)
    document.body.append(this.element)
    const events = {
      input: (data: Uint8Array<ArrayBuffer>) => this.#input(data),
      parsed: (offset: number) => this.#connection.parsed(offset),
    }
    this.#screen = new Screen(box, events, PAGE_BEHAVIOUR)
    this.#connection = new SessionConnection(pageRoute(info.id), this.#connectionEvents())
    this.find = new Find(this.#screen)
    this.#toolbar = new Toolbar(this.#toolbarActions())
    this.#status = new StatusBar({ retry: () => this.#connection.open(), fit: () => this.#fitWindow() })
    this.#fitting = new Fitting(this.#stage, this.#screen, this.#connection, this.#status, {
      over: hasEnded(info),
      mayResize: () => this.#mayType,
    })
    this.#keybar = new Keybar(this.#screen.terminal, {
      type: text => this.#screen.terminal.input(text, true),
      paste: () => this.run("paste"),
    })
    this.element.prepend(this.#toolbar.element)
    this.element.append(this.find.element, this.#status.element, this.#keybar.element)
    this.#screen.terminal.attachCustomKeyEventHandler(event => !hooks.command(event))
    this.#disposers = [onWake(() => this.#reconnectOnWake()), onPutAway(() => this.#connection.close())]
    this.update(info)
  }

  /** Watches the layout and connects. Call it after the element is in the document. */
  start(): void {
    this.#fitting.start()
    this.#status.connection(this.#connection.status)
    this.#connection.open()
    this.focus()
  }

  update(info: SessionInfo): void {
    this.#toolbar.update(info)
  }

  focus(): void {
    this.#screen.terminal.focus()
  }

  /** Runs a command of the page on the terminal. */
  run(command: ShortcutAction): void {
    if (command === "find") this.find.open()
    if (command === "copy") copySelection(this.#screen.terminal)
    if (command === "paste") pasteFromClipboard(this.#screen.terminal).catch(toastError)
    if (command === "bigger") resizeText(1)
    if (command === "smaller") resizeText(-1)
  }

  /** Connects again, for example after signing in. */
  reconnect(): void {
    this.#connection.open()
  }

  /** True after the session has ended or is gone, even if the list of sessions is older. */
  get over(): boolean {
    return this.#connection.status.kind === "ended" || this.#connection.status.kind === "gone"
  }

  /** Returns the text, the parsed offset and the state, for the automation hook. */
  report(): { text: string; offset: number; status: string } {
    return {
      text: this.#screen.text(),
      offset: this.#screen.parsed,
      status: statusText(this.#connection.status),
    }
  }

  dispose(): void {
    for (const dispose of this.#disposers) dispose()
    this.#fitting.stop()
    this.#connection.close()
    this.#status.dispose()
    this.#screen.dispose()
    this.element.remove()
  }

  #connectionEvents(): ConstructorParameters<typeof SessionConnection>[1] {
    return {
      status: status => this.#statusChanged(status),
      received: event => this.#received(event),
      doubtfulInput: () => toast("The connection broke while you typed. The last keys may be lost."),
    }
  }

  #toolbarActions(): ToolbarActions {
    const run = (command: ShortcutAction) => () => this.run(command)
    const own = { find: run("find"), copy: run("copy"), paste: run("paste"), fit: () => this.#fitWindow() }
    const lease = {
      take: () => this.#changeLease("take"),
      release: () => this.#changeLease("release"),
      handOver: this.#hooks.handOver,
    }
    return { ...this.#hooks, ...own, lease }
  }

  get #mayType(): boolean {
    return this.#mode !== "view" && this.#toolbar.lease.ownership !== "other"
  }

  #changeLease(type: "take" | "release"): void {
    this.#connection.control({ type })
    this.focus()
  }

  /** Shows the new lease. The window that gets the lease sets the size. */
  #leaseChanged(lease: LeaseState | null, from: string | null): void {
    const before = this.#toolbar.lease.ownership
    this.#toolbar.lease.update(lease, this.#clientName, from)
    if (before !== "mine" && this.#toolbar.lease.ownership === "mine") this.#fitting.claim()
  }

  #statusChanged(status: ConnectionStatus): void {
    this.#status.connection(status)
    this.#stage.setAttribute("data-connection", status.kind)
    if (this.over) this.#toolbar.over()
    if (status.kind === "ended") this.#ended()
    if (status.kind === "signed-out") this.#hooks.signedOut()
  }

  #ended(): void {
    this.#screen.end()
    this.#fitting.finish()
  }

  #helloReceived({ first, ...hello }: HelloEvent): void {
    if (first) this.#screen.restart(hello.from)
    this.#screen.expectReplay(hello.end)
    this.#clientName = hello.client
    this.#mode = hello.mode
    this.element.setAttribute("data-mode", hello.mode)
    this.#leaseChanged(hello.lease, null)
    this.#fitting.attached(hello, first)
  }

  #gapReceived({ from, to, reason }: Extract<AttachEvent, { type: "gap" }>): void {
    this.#screen.skip(to)
    this.#status.notice(`${bytesText(to - from)} of output are missing: ${GAPS[reason]}.`)
  }

  #received(frame: AttachEvent): void {
    if (frame.type === "hello") this.#helloReceived(frame)
    if (frame.type === "output") this.#screen.write(frame.bytes, frame.from)
    if (frame.type === "gap") this.#gapReceived(frame)
    if (frame.type === "snapshot") this.#screen.restore(frame)
    const past = this.#connection.replaying
    if (frame.type === "resize") past ? this.#fitting.replayed(frame) : this.#fitting.resized(frame)
    if (frame.type === "title" && !past) this.#hooks.title(frame.title)
    if (frame.type === "relaunch") this.#screen.reset()
    if (frame.type === "viewers") this.#screen.mayAnswer(frame.answers)
    if (frame.type === "lease") this.#leaseChanged(frame.lease, frame.from)
    if (frame.type === "error") toast(frame.message, { tone: "bad" })
  }

  #input(data: Uint8Array<ArrayBuffer>): void {
    if (!this.#mayType && this.#connection.status.kind === "connected") return this.#rejectInput()
    const sent = this.#connection.send(this.#keybar.withControl(data))
    if (!sent) this.#warnNotSent()
  }

  #warnNotSent(): void {
    this.#status.flash()
    const ended = this.#connection.status.kind === "ended"
    this.#warn(ended ? "The session has ended. Input is not sent." : "Not connected. Input is not sent.")
  }

  #rejectInput(): void {
    this.#toolbar.lease.flash()
    this.#warn(
      this.#mode === "view"
        ? "View only. Input is not sent."
        : "Another client has control. Take control to type.",
    )
  }

  /** Shows a toast, once for a burst of keys. */
  #warn(text: string): void {
    if (Date.now() - this.#warnedAt < TYPED_NOTICE_EVERY_MS) return
    this.#warnedAt = Date.now()
    toast(text)
  }

  #fitWindow(): void {
    if (!this.#mayType) this.#rejectInput()
    this.#fitting.claim()
    this.focus()
  }

  #reconnectOnWake(): void {
    const { kind } = this.#connection.status
    if (kind === "connected" || kind === "connecting" || kind === "waiting") this.#connection.open()
  }
}
