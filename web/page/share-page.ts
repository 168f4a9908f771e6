// The page of a share link: one session, without the list of sessions.

import type { SessionInfo } from "../../src/ops/shapes.ts"
import { ApiError, api } from "../api/api.ts"
import type { ShareLink } from "../api/share.ts"
import { myName } from "../connection/client-name.ts"
import { SessionPane } from "../pane/pane.ts"
import { dialogOpen } from "../ui/dialog.ts"
import { h } from "../ui/dom.ts"
import { toastError, toastTray } from "../ui/toast.ts"
import { handOver } from "./actions.ts"
import { commandFor } from "./help.ts"
import { labelText } from "./session-text.ts"
import { card } from "./welcome.ts"

export class SharedPage {
  readonly #share: ShareLink
  readonly #main = h("main", { id: "main" })
  #pane: SessionPane | null = null

  constructor(share: ShareLink) {
    this.#share = share
  }

  start(element: HTMLElement): void {
    element.replaceWith(h("div", { class: "app shared" }, this.#main, toastTray()))
    api.get(this.#share.id).then(
      info => this.#open(info),
      error => this.#failed(error),
    )
  }

  /** Returns the open terminal's state, for the automation hook. */
  report(): { text: string; offset: number; status: string } {
    return this.#pane?.report() ?? { text: "", offset: 0, status: "no session" }
  }

  #open(info: SessionInfo): void {
    document.title = `${labelText(info)} · ptyline`
    const never = () => {}
    this.#pane = new SessionPane(info, {
      drawer: never,
      recording: never,
      rename: never,
      end: never,
      relaunch: never,
      changeClientName: never,
      signal: name => void api.signal(info.id, name, myName()).catch(toastError),
      handOver: to => void handOver(info, to).catch(toastError),
      share: never,
      command: event => this.#command(event),
      title: title => this.#pane?.update({ ...info, title }),
      signedOut: () => this.#showInvalid(),
    })
    this.#main.replaceChildren(this.#pane.element)
    this.#pane.start()
  }

  #command(event: KeyboardEvent): boolean {
    const command = dialogOpen() ? null : commandFor(event)
    if (!command || command === "paste" || event.type !== "keydown") return command !== null
    event.preventDefault()
    this.#pane?.run(command)
    return true
  }

  #failed(error: unknown): void {
    if (error instanceof ApiError && (error.status === 401 || error.status === 404))
      return this.#showInvalid()
    toastError(error)
    setTimeout(() => location.reload(), 5_000)
  }

  #showInvalid(): void {
    this.#pane?.dispose()
    this.#pane = null
    document.title = "ptyline"
    const text = "It has expired, it was revoked, or the session was removed. Ask its sender for a new link."
    this.#main.replaceChildren(
      h("div", { class: "blank" }, card("over", "This link is no longer valid", h("p", {}, text))),
    )
  }
}
