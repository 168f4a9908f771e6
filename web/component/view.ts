// A terminal in another site's page: its connection and screen. Reports events to the element.

import type { Mode, ServerFrame } from "../../src/wire/attach.ts"
import { Acks } from "../connection/acknowledgements.ts"
import type { LineStatus } from "../connection/closing.ts"
import { Connection, type ConnectionEvents } from "../connection/connection.ts"
import { SizeRequests } from "../connection/sizing.ts"
import { Screen } from "../term/screen.ts"
import { componentBehaviour } from "./behaviour.ts"
import { MrmdConnection, type MrmdTarget } from "./mrmd-connection.ts"
import { type RemoteSession, remoteRoute } from "./remote.ts"

type ViewHooks = {
  status(status: LineStatus): void
  title(title: string): void
  input(data: Uint8Array): void
}

export type ViewTarget = ({ api: "native" } & RemoteSession) | ({ api: "mrmd"; mode: Mode } & MrmdTarget)

export class ElementView {
  readonly screen: Screen
  readonly #mode: Mode
  readonly #hooks: ViewHooks
  readonly #connection: Connection | MrmdConnection
  readonly #acks: Acks
  readonly #sizing = new SizeRequests()
  readonly #layout = new ResizeObserver(() => this.#layoutChanged())
  #frame = 0

  constructor(host: HTMLElement, box: HTMLElement, target: ViewTarget, hooks: ViewHooks) {
    this.#mode = target.mode
    this.#hooks = hooks
    this.#connection =
      target.api === "mrmd"
        ? new MrmdConnection(target, this.#connectionEvents())
        : new Connection(remoteRoute(target), this.#connectionEvents())
    // Connect while the terminal is created, which takes longer.
    this.#connection.open()
    const events = {
      input: (data: Uint8Array<ArrayBuffer>) => this.send(data),
      parsed: (offset: number) => this.#acks.parsed(offset),
    }
    this.screen = new Screen(box, events, componentBehaviour(host))
    this.screen.terminal.options.disableStdin = this.#mode === "view"
    this.#acks = new Acks(offset => this.#connection.control({ type: "ack", offset }))
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
      hello: (hello, first) => this.#helloReceived(hello, first),
      bytes: (data, from) => this.screen.write(data, from),
      gap: ({ to }) => this.screen.skip(to),
      snapshot: snapshot => this.screen.restore(snapshot),
      frame: frame => this.#frameReceived(frame),
      doubtfulInput: () => {},
    }
  }

  #helloReceived(hello: Extract<ServerFrame, { type: "hello" }>, first: boolean): void {
    if (first) this.screen.restart(hello.from)
    this.screen.expectReplay(hello.end)
    this.#acks.restart(hello.from)
    const claim = this.#sizing.attached({ cols: hello.cols, rows: hello.rows }, first && !document.hidden)
    this.screen.resize(hello)
    if (claim) this.#requestSize(claim)
  }

  #frameReceived(frame: Parameters<ConnectionEvents["frame"]>[0]): void {
    if (frame.type === "resize") this.#resized(frame)
    if (frame.type === "title") this.#hooks.title(frame.title)
    if (frame.type === "relaunch") this.screen.reset()
    if (frame.type === "viewers") this.screen.mayAnswer(frame.answers)
  }

  #resized(size: { cols: number; rows: number }): void {
    if (!("replaying" in this.#connection && this.#connection.replaying)) this.#sizing.resized(size)
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
