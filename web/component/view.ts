// A terminal in another site's page: its connection and screen. Reports events to the element.

import type { Mode } from "../../src/wire/attach.ts"
import type { AttachEvent, HelloEvent } from "../../src/wire/attach-client.ts"
import { type ConnectionEvents, SessionConnection } from "../connection/connection.ts"
import { SizeRequests } from "../connection/sizing.ts"
import type { ConnectionStatus } from "../connection/status.ts"
import { Screen } from "../term/screen.ts"
import { componentBehaviour } from "./behaviour.ts"
import { type MrmdTarget, mrmdRoute } from "./mrmd-route.ts"
import { type RemoteSession, remoteRoute } from "./remote.ts"

type ViewHooks = {
  status(status: ConnectionStatus): void
  title(title: string): void
  input(data: Uint8Array): void
}

export type ViewTarget = ({ api: "native" } & RemoteSession) | ({ api: "mrmd"; mode: Mode } & MrmdTarget)

export class ElementView {
  readonly screen: Screen
  readonly #mode: Mode
  readonly #hooks: ViewHooks
  readonly #connection: SessionConnection
  readonly #sizing = new SizeRequests()
  readonly #layout = new ResizeObserver(() => this.#layoutChanged())
  #frame = 0

  constructor(host: HTMLElement, box: HTMLElement, target: ViewTarget, hooks: ViewHooks) {
    this.#mode = target.mode
    this.#hooks = hooks
    const route = target.api === "mrmd" ? mrmdRoute(target) : remoteRoute(target)
    this.#connection = new SessionConnection(route, this.#connectionEvents())
    // Connect while the terminal is created, which takes longer.
    this.#connection.open()
    const events = {
      input: (data: Uint8Array<ArrayBuffer>) => this.send(data),
      parsed: (offset: number) => this.#connection.parsed(offset),
    }
    this.screen = new Screen(box, events, componentBehaviour(host))
    this.screen.terminal.options.disableStdin = this.#mode === "view"
    this.fit()
    this.#layout.observe(host)
  }

  /** Sends input. Returns false if it was not sent. */
  send(data: Uint8Array<ArrayBuffer>): boolean {
    if (this.#mode === "view" || !this.#connection.send(data)) return false
    this.#hooks.input(data)
    return true
  }

  /** Resizes the session to fit the element, for all viewers. */
  fit(): void {
    const fits = this.screen.fits()
    const claim = fits && (this.#sizing.laidOut(fits) ?? this.#sizing.claim())
    if (claim) this.#requestSize(claim)
  }

  dispose(): void {
    cancelAnimationFrame(this.#frame)
    this.#layout.disconnect()
    this.#connection.close()
    this.screen.dispose()
  }

  #connectionEvents(): ConnectionEvents {
    return {
      status: status => this.#hooks.status(status),
      received: event => this.#received(event),
      doubtfulInput: () => {},
    }
  }

  #helloReceived({ first, ...hello }: HelloEvent): void {
    if (first) this.screen.restart(hello.from)
    this.screen.expectReplay(hello.end)
    const claim = this.#sizing.attached({ cols: hello.cols, rows: hello.rows }, first && !document.hidden)
    this.screen.resize(hello)
    if (claim) this.#requestSize(claim)
  }

  #received(frame: AttachEvent): void {
    if (frame.type === "hello") this.#helloReceived(frame)
    if (frame.type === "output") this.screen.write(frame.bytes, frame.from)
    if (frame.type === "gap") this.screen.skip(frame.to)
    if (frame.type === "snapshot") this.screen.restore(frame)
    if (frame.type === "resize") this.#resized(frame)
    if (frame.type === "title") this.#hooks.title(frame.title)
    if (frame.type === "relaunch") this.screen.reset()
    if (frame.type === "viewers") this.screen.mayAnswer(frame.answers)
  }

  #resized(size: { cols: number; rows: number }): void {
    if (!this.#connection.replaying) this.#sizing.resized(size)
    this.screen.resize(size)
  }

  #layoutChanged(): void {
    cancelAnimationFrame(this.#frame)
    this.#frame = requestAnimationFrame(() => {
      const fits = this.screen.fits()
      const claim = fits && this.#sizing.laidOut(fits)
      if (claim) this.#requestSize(claim)
    })
  }

  /** A view-only terminal never requests a size. It uses the size that other viewers set. */
  #requestSize(size: { cols: number; rows: number }): void {
    if (this.#mode === "view" || !this.#sizing.session) return
    this.#connection.control({ type: "resize", ...size })
  }
}
