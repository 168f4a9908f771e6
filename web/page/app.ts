// The page: the list beside the open session, the address that names it, and the page's own commands.

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
  /** What the address asked for when the session was opened. It stays open when the list loses it: its last words are there. */
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

  /** Shows the page and connects; `element` is where it goes. */
  start(element: HTMLElement): void {
    element.replaceWith(this.#layout.element)
    this.#feed.start()
  }

  /** For the automation hook. */
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

  /** Shows what the address asks for, as far as the list of sessions is known. */
  #route(): void {
    if (this.#feed.status === "signed-out")
      return this.#show("sign-in", () => signIn(() => this.#feed.start()))
    const wanted = addressedSession()
    const info = wanted ? this.#sessions.find(wanted) : undefined
    const moment = addressedTime()
    if (info && moment !== undefined) return this.#openRecording(info, wanted, moment)
    if (info) return this.#openSession(info, wanted)
    if ((this.#pane || this.#player) && this.#addressed === wanted) return
    if (this.#feed.status !== "live") return
    if (wanted) this.#show(`missing ${wanted}`, () => missing(wanted, () => go(null)))
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

  #openSession(info: SessionInfo, wanted: string | null): void {
    this.#addressed = wanted
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

  #openRecording(info: SessionInfo, wanted: string | null, moment: number | null): void {
    this.#addressed = wanted
    document.title = `${labelText(info)} · recording · ptyline`
    if (this.#player && this.#open?.id === info.id) return this.#player.goTo(moment)
    this.#leave()
    this.#open = info
    this.#sidebar.select(info.id)
    this.#player = new Player(info, moment, {
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
      callMe: () => this.#runAction(changeClientName),
      share: () => this.#runAction(openShare),
      handOver: to => this.#runAction(info => handOver(info, to)),
      recording: () => goToRecording(id),
      command: event => this.#command(event),
      title: title => this.#titleChanged(id, title),
      signedOut: () => this.#feed.start(),
    }
  }

  /** Does something with the open session, then gives the focus back to the terminal. */
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

  /** True when the key press was one of the page's own. Pasting is left to the browser, which needs no permission for it. */
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
