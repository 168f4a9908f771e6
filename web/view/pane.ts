// One open session: its line, its screen and everything around them, from the moment it is opened until it is left.

import type { LeaseState } from "../../src/wire/attach.ts"
import type { AttachEvent, HelloEvent } from "../../src/wire/attach-client.ts"
import type { SessionInfo } from "../api/api.ts"
import { hasEnded } from "../api/sessions.ts"
import { share } from "../api/share.ts"
import { myName } from "../connection/client-name.ts"
import { SessionConnection } from "../connection/connection.ts"
import { pageRoute } from "../connection/page-route.ts"
import type { ConnectionStatus } from "../connection/status.ts"
import { onPutAway, onWake } from "../connection/wake.ts"
import { copySelection, pasteFromClipboard } from "../term/clipboard.ts"
import { PAGE_HABITS } from "../term/page-behaviour.ts"
import { Screen } from "../term/screen.ts"
import { h } from "../ui/dom.ts"
import { complain, toast } from "../ui/toast.ts"
import { Find } from "./find.ts"
import { Fitting } from "./fitting.ts"
import type { ShortcutAction } from "./help.ts"
import { Keybar } from "./keybar.ts"
import { StatusBar, textOf } from "./status.ts"
import { resizeText, Toolbar, type ToolbarActions } from "./toolbar.ts"
import { bytesOf } from "./words.ts"

/** `command` is asked for every key press; true means that the key was the page's own. */
export type PaneHooks = Pick<
  ToolbarActions,
  "drawer" | "recording" | "rename" | "end" | "relaunch" | "signal" | "callMe" | "share"
> & {
  command: (event: KeyboardEvent) => boolean
  title: (title: string) => void
  signedOut: () => void
  handOver: (to?: string) => void
}

const GAPS = {
  trimmed: "were dropped: the log no longer has them.",
  slow_viewer: "were dropped: this view fell behind.",
  disk: "were lost: the server's disk did not take them.",
  damage: "cannot be read: the log on disk is damaged.",
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
  readonly #line: SessionConnection
  readonly #fitting: Fitting
  readonly #off: (() => void)[]
  #warnedAt = 0
  /** What this window may, as the server says at every greeting. */
  #mode = share?.mode ?? "control"
  /** What the server calls this window: the name it gave, for a share behind the share's own. */
  #me = myName()

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
      parsed: (offset: number) => this.#line.parsed(offset),
    }
    this.#screen = new Screen(box, events, PAGE_HABITS)
    this.#line = new SessionConnection(pageRoute(info.id), this.#lineEvents())
    this.find = new Find(this.#screen)
    this.#toolbar = new Toolbar(this.#toolbarActions())
    this.#status = new StatusBar({ retry: () => this.#line.open(), fit: () => this.#fitHere() })
    this.#fitting = new Fitting(this.#stage, this.#screen, this.#line, this.#status, {
      over: hasEnded(info),
      mayAsk: () => this.#mayType,
    })
    this.#keybar = new Keybar(this.#screen.terminal, {
      type: text => this.#screen.terminal.input(text, true),
      paste: () => this.run("paste"),
    })
    this.element.prepend(this.#toolbar.element)
    this.element.append(this.find.element, this.#status.element, this.#keybar.element)
    this.#screen.terminal.attachCustomKeyEventHandler(event => !hooks.command(event))
    this.#off = [onWake(() => this.#woken()), onPutAway(() => this.#line.close())]
    this.update(info)
  }

  /** Starts to watch the layout and connects; to be called once the element stands in its place. */
  start(): void {
    this.#fitting.start()
    this.#status.line(this.#line.status)
    this.#line.open()
    this.focus()
  }

  update(info: SessionInfo): void {
    this.#toolbar.update(info)
  }

  focus(): void {
    this.#screen.terminal.focus()
  }

  /** Does one of the page's commands that concern the terminal. */
  run(command: ShortcutAction): void {
    if (command === "find") this.find.open()
    if (command === "copy") copySelection(this.#screen.terminal)
    if (command === "paste") pasteFromClipboard(this.#screen.terminal).catch(complain)
    if (command === "bigger") resizeText(1)
    if (command === "smaller") resizeText(-1)
  }

  /** Tries to connect again, say after signing in. */
  reconnect(): void {
    this.#line.open()
  }

  /** True when nothing more will come, whatever the list of sessions says. */
  get over(): boolean {
    return this.#line.status.kind === "ended" || this.#line.status.kind === "gone"
  }

  /** For the automation hook: the text, the offset parsed so far, the state in words. */
  report(): { text: string; offset: number; status: string } {
    return { text: this.#screen.text(), offset: this.#screen.parsed, status: textOf(this.#line.status) }
  }

  dispose(): void {
    for (const off of this.#off) off()
    this.#fitting.stop()
    this.#line.close()
    this.#status.dispose()
    this.#screen.dispose()
    this.element.remove()
  }

  #lineEvents(): ConstructorParameters<typeof SessionConnection>[1] {
    return {
      status: status => this.#statusChanged(status),
      received: event => this.#received(event),
      doubtfulInput: () => toast("The connection broke while you typed: the last keys may not have arrived."),
    }
  }

  #toolbarActions(): ToolbarActions {
    const run = (command: ShortcutAction) => () => this.run(command)
    const own = { find: run("find"), copy: run("copy"), paste: run("paste"), fit: () => this.#fitHere() }
    const lease = {
      take: () => this.#control("take"),
      release: () => this.#control("release"),
      handOver: this.#hooks.handOver,
    }
    return { ...this.#hooks, ...own, lease }
  }

  get #mayType(): boolean {
    return this.#mode !== "view" && this.#toolbar.lease.holding !== "other"
  }

  #control(type: "take" | "release"): void {
    this.#line.control({ type })
    this.focus()
  }

  /** A window that comes to hold the line is the one whose size counts. */
  #leased(lease: LeaseState | null, from: string | null): void {
    const before = this.#toolbar.lease.holding
    this.#toolbar.lease.update(lease, this.#me, from)
    if (before !== "mine" && this.#toolbar.lease.holding === "mine") this.#fitting.claim()
  }

  #statusChanged(status: ConnectionStatus): void {
    this.#status.line(status)
    this.#stage.setAttribute("data-line", status.kind)
    if (this.over) this.#toolbar.over()
    if (status.kind === "ended") this.#ended()
    if (status.kind === "signed-out") this.#hooks.signedOut()
  }

  #ended(): void {
    this.#screen.end()
    this.#fitting.finish()
  }

  #greeted({ first, ...hello }: HelloEvent): void {
    if (first) this.#screen.restart(hello.from)
    this.#screen.expectReplay(hello.end)
    this.#me = hello.client
    this.#mode = hello.mode
    this.element.setAttribute("data-mode", hello.mode)
    this.#leased(hello.lease, null)
    this.#fitting.attached(hello, first)
  }

  #skipped({ from, to, reason }: Extract<AttachEvent, { type: "gap" }>): void {
    this.#screen.skip(to)
    this.#status.notice(`${bytesOf(to - from)} of output ${GAPS[reason]}`)
  }

  #received(frame: AttachEvent): void {
    if (frame.type === "hello") this.#greeted(frame)
    if (frame.type === "output") this.#screen.write(frame.bytes, frame.from)
    if (frame.type === "gap") this.#skipped(frame)
    if (frame.type === "snapshot") this.#screen.restore(frame)
    const past = this.#line.replaying
    if (frame.type === "resize") past ? this.#fitting.replayed(frame) : this.#fitting.resized(frame)
    if (frame.type === "title" && !past) this.#hooks.title(frame.title)
    if (frame.type === "relaunch") this.#screen.renew()
    if (frame.type === "viewers") this.#screen.mayAnswer(frame.answers)
    if (frame.type === "lease") this.#leased(frame.lease, frame.from)
    if (frame.type === "error") toast(frame.message, { tone: "bad" })
  }

  #input(data: Uint8Array<ArrayBuffer>): void {
    if (!this.#mayType && this.#line.status.kind === "connected") return this.#notOurs()
    const sent = this.#line.send(this.#keybar.withControl(data))
    if (!sent) this.#notSent()
  }

  #notSent(): void {
    this.#status.flash()
    const ended = this.#line.status.kind === "ended"
    this.#warn(
      ended ? "This session has ended: it takes no more input." : "Not connected: what you type is not sent.",
    )
  }

  #notOurs(): void {
    this.#toolbar.lease.flash()
    this.#warn(
      this.#mode === "view"
        ? "This page is for looking: what you type is not sent."
        : "Another client holds the line: take control to type.",
    )
  }

  /** Once for a burst of keys. */
  #warn(text: string): void {
    if (Date.now() - this.#warnedAt < TYPED_NOTICE_EVERY_MS) return
    this.#warnedAt = Date.now()
    toast(text)
  }

  #fitHere(): void {
    if (!this.#mayType) this.#notOurs()
    this.#fitting.claim()
    this.focus()
  }

  #woken(): void {
    const { kind } = this.#line.status
    if (kind === "connected" || kind === "connecting" || kind === "waiting") this.#line.open()
  }
}
