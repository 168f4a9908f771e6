// The page: the session list, the open session or recording, the address, and keyboard commands.

import type { SessionInfo } from "../../src/ops/shapes.ts"
import { api, type ServerInfo } from "../api/api.ts"
import { SessionFeed } from "../api/feed.ts"
import { SessionList } from "../api/sessions.ts"
import { myName } from "../connection/client-name.ts"
import { SessionPane } from "../pane/pane.ts"
import { Player } from "../player/player.ts"
import { estimateSize } from "../term/estimate.ts"
import { dialogOpen, openDialog } from "../ui/dialog.ts"
import { listen } from "../ui/dom.ts"
import { toast, toastError } from "../ui/toast.ts"
import { changeClientName, endSession, handOver, renameSession } from "./actions.ts"
import { addressedSession, addressedTime, go, goToRecording } from "./address.ts"
import { ApprovalDialogs } from "./approval-dialogs.ts"
import { commandFor, type ShortcutAction, showHelp } from "./help.ts"
import { PageLayout } from "./layout.ts"
import { labelText } from "./session-text.ts"
import { openShare } from "./share-dialog.ts"
import { Sidebar } from "./sidebar.ts"
import { startForm } from "./start-form.ts"
import { missing, signIn, welcome } from "./welcome.ts"

export class App {
  readonly #sessions = new SessionList()
  readonly #feed = new SessionFeed(this.#sessions)
  readonly #approvals = new ApprovalDialogs()
  readonly #sidebar: Sidebar
  readonly #layout: PageLayout
  #server: ServerInfo | null = null
  #pane: SessionPane | null = null
  #player: Player | null = null
  #open: SessionInfo | null = null
  /** The open session's address. It stays open after it leaves the list: its output stays readable. */
  #addressed: string | null = null

  constructor() {
    this.#sidebar = new Sidebar(this.#sessions, {
      start: () => this.#start(),
      help: () => showHelp(this.#server?.version ?? ""),
      leave: () => this.#focusTerminal(),
      chosen: () => this.#focusTerminal(),
    })
    this.#layout = new PageLayout(this.#sidebar.element)
    this.#sessions.changed.add(() => this.#route())
    this.#feed.changed.add(status => this.#feedChanged(status))
    this.#feed.approval.add(approval => this.#approvals.changed(approval))
    listen(window, "hashchange", () => this.#route())
    listen(document, "keydown", (event: KeyboardEvent) => void this.#command(event))
  }

  /** Replaces `element` by the page and connects. */
  start(element: HTMLElement): void {
    element.replaceWith(this.#layout.element)
    this.#feed.start()
  }

  /** Returns the open terminal's state, for the automation hook. */
  report(): { text: string; offset: number; status: string } {
    return (this.#pane ?? this.#player)?.report() ?? { text: "", offset: 0, status: this.#feed.status }
  }

  #feedChanged(status: SessionFeed["status"]): void {
    this.#sidebar.feed(status)
    this.#layout.signedOut(status === "signed-out")
    if (status === "live" && !this.#server) void this.#loadServer()
    if (status === "live") this.#pane?.reconnect()
    if (status === "live") void this.#approvals.load()
    this.#route()
  }

  async #loadServer(): Promise<void> {
    this.#server = await api.server().catch(() => null)
    this.#route()
  }

  /** Shows what the address names, once the list of sessions is known. */
  #route(): void {
    if (this.#feed.status === "signed-out")
      return this.#show("sign-in", () => signIn(() => this.#feed.start()))
    const addressed = addressedSession()
    const info = addressed ? this.#sessions.find(addressed) : undefined
    const time = addressedTime()
    if (info && time !== undefined) return this.#openRecording(info, addressed, time)
    if (info) return this.#openSession(info, addressed)
    if ((this.#pane || this.#player) && this.#addressed === addressed) return
    if (this.#feed.status !== "live") return
    if (addressed) this.#show(`missing ${addressed}`, () => missing(addressed, () => go(null)))
    else this.#showWelcome()
  }

  #showWelcome(): void {
    const any = this.#sessions.list().length > 0
    if (!this.#layout.busy)
      this.#show(`welcome ${any} ${this.#server !== null}`, () => welcome(this.#startOptions(), any))
  }

  #show(name: string, build: () => HTMLElement): void {
    this.#leave()
    this.#layout.view(name, build)
  }

  #openSession(info: SessionInfo, addressed: string | null): void {
    this.#addressed = addressed
    document.title = `${labelText(info)} · ptyline`
    const { id, relaunches } = this.#open ?? {}
    const same = id === info.id && relaunches === info.relaunches && this.#pane
    this.#open = info
    this.#sidebar.select(info.id)
    if (same) return same.update(info)
    this.#leave()
    this.#open = info
    this.#sidebar.select(info.id)
    this.#pane = new SessionPane(info, this.#paneHooks(info.id))
    this.#layout.session(this.#pane.element)
    this.#pane.start()
  }

  #openRecording(info: SessionInfo, addressed: string | null, time: number | null): void {
    this.#addressed = addressed
    document.title = `${labelText(info)} · recording · ptyline`
    if (this.#player && this.#open?.id === info.id) return this.#player.goTo(time)
    this.#leave()
    this.#open = info
    this.#sidebar.select(info.id)
    this.#player = new Player(info, time, {
      drawer: () => this.#layout.drawer(true),
      back: () => go(info.id),
      signedOut: () => this.#feed.start(),
    })
    this.#layout.session(this.#player.element)
    this.#player.start()
  }

  #leave(): void {
    this.#pane?.dispose()
    this.#pane = null
    this.#player?.dispose()
    this.#player = null
    this.#open = null
    this.#sidebar.select(null)
  }

  #paneHooks(id: string): ConstructorParameters<typeof SessionPane>[1] {
    return {
      drawer: () => this.#layout.drawer(true),
      rename: () => this.#runAction(info => renameSession(info, this.#sessions)),
      end: () => this.#runAction(info => endSession(info, this.#sessions, this.#pane?.over === true)),
      signal: name =>
        void api
          .signal(id, name, myName())
          .then(() => toast(`Sent ${name}.`, { lastsMs: 2_000 }), toastError),
      relaunch: () => this.#runAction(async info => this.#sessions.put(await api.relaunch(info.id))),
      changeClientName: () => this.#runAction(changeClientName),
      share: () => this.#runAction(openShare),
      handOver: to => this.#runAction(info => handOver(info, to)),
      recording: () => goToRecording(id),
      command: event => this.#command(event),
      title: title => this.#titleChanged(id, title),
      signedOut: () => this.#feed.start(),
    }
  }

  /** Runs an action on the open session, then focuses the terminal. */
  #runAction(action: (info: SessionInfo) => Promise<void>): void {
    if (!this.#open) return
    const back = () => this.#focusTerminal()
    action(this.#open).catch(toastError).finally(back)
  }

  #titleChanged(id: string, title: string): void {
    const info = this.#sessions.find(id)
    if (info && info.title !== title) this.#sessions.put({ ...info, title })
  }

  #start(): void {
    const options = this.#startOptions()
    const dialog = openDialog(
      "New session",
      "start-dialog",
      startForm({ ...options, started: info => finish(info) }),
    )
    const finish = (info: SessionInfo) => {
      dialog.close()
      options.started(info)
    }
    dialog.element.querySelector("input")?.focus()
  }

  #startOptions(): Parameters<typeof welcome>[0] {
    const started = (info: SessionInfo) => {
      this.#sessions.put(info)
      go(info.id)
    }
    return { server: this.#server, fits: () => estimateSize(this.#layout.main), started }
  }

  /** Returns true for the page's own keys. The browser handles paste, for which it needs no permission. */
  #command(event: KeyboardEvent): boolean {
    const command = dialogOpen() ? null : commandFor(event)
    if (!command || event.type !== "keydown" || event.defaultPrevented) return command !== null
    if (command === "paste") return true
    event.preventDefault()
    this.#run(command)
    return true
  }

  #run(command: ShortcutAction): void {
    if (command === "help") showHelp(this.#server?.version ?? "")
    else if (command === "start") this.#start()
    else if (command === "sessions") this.#focusSessions()
    else this.#pane?.run(command)
  }

  #focusSessions(): void {
    this.#layout.drawer(true)
    this.#sidebar.focus()
  }

  #focusTerminal(): void {
    this.#layout.drawer(false)
    this.#pane?.focus()
  }
}
