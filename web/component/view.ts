// A terminal in somebody else's page, from its connection to its screen. What happens is told to the element.

import type { Mode } from "../../src/wire/attach.ts"
import type { AttachEvent, HelloEvent } from "../../src/wire/attach-client.ts"
import { type ConnectionEvents, SessionConnection } from "../connection/connection.ts"
import { SizeRequests } from "../connection/sizing.ts"
import type { ConnectionStatus } from "../connection/status.ts"
import { Screen } from "../term/screen.ts"
import { componentHabits } from "./behaviour.ts"
import { type MrmdTarget, mrmdRoute } from "./mrmd-route.ts"
import { type RemoteSession, remoteRoute } from "./remote.ts"

export type ViewHooks = {
  status(status: ConnectionStatus): void
  title(title: string): void
  input(data: Uint8Array): void
}

export type ViewTarget = ({ api: "native" } & RemoteSession) | ({ api: "mrmd"; mode: Mode } & MrmdTarget)

export class ElementView {
  readonly screen: Screen
  readonly #mode: Mode
  readonly #hooks: ViewHooks
  readonly #line: SessionConnection
  readonly #sizing = new SizeRequests()
  readonly #layout = new ResizeObserver(() => this.#laidOutSoon())
  #frame = 0

  constructor(host: HTMLElement, box: HTMLElement, target: ViewTarget, hooks: ViewHooks) {
    this.#mode = target.mode
    this.#hooks = hooks
    const route = target.api === "mrmd" ? mrmdRoute(target) : remoteRoute(target)
    this.#line = new SessionConnection(route, this.#lineEvents())
    // on its way while the terminal is made, which takes longer
    this.#line.open()
    const events = {
      input: (data: Uint8Array<ArrayBuffer>) => this.send(data),
      parsed: (offset: number) => this.#line.parsed(offset),
    }
    this.screen = new Screen(box, events, componentHabits(host))
    this.screen.terminal.options.disableStdin = this.#mode === "view"
    this.fit()
    this.#layout.observe(host)
  }

  /** Types. False when nobody could take it. */
  send(data: Uint8Array<ArrayBuffer>): boolean {
    if (this.#mode === "view" || !this.#line.send(data)) return false
    this.#hooks.input(data)
    return true
  }

  /** Takes the size that fits into the element, for everybody. */
  fit(): void {
    const fits = this.screen.fits()
    const claim = fits && (this.#sizing.laidOut(fits) ?? this.#sizing.claim())
    if (claim) this.#ask(claim)
  }

  dispose(): void {
    cancelAnimationFrame(this.#frame)
    this.#layout.disconnect()
    this.#line.close()
    this.screen.dispose()
  }

  #lineEvents(): ConnectionEvents {
    return {
      status: status => this.#hooks.status(status),
      received: event => this.#received(event),
      doubtfulInput: () => {},
    }
  }

  #greeted({ first, ...hello }: HelloEvent): void {
    if (first) this.screen.restart(hello.from)
    this.screen.expectReplay(hello.end)
    const claim = this.#sizing.attached({ cols: hello.cols, rows: hello.rows }, first && !document.hidden)
    this.screen.resize(hello)
    if (claim) this.#ask(claim)
  }

  #received(frame: AttachEvent): void {
    if (frame.type === "hello") this.#greeted(frame)
    if (frame.type === "output") this.screen.write(frame.bytes, frame.from)
    if (frame.type === "gap") this.screen.skip(frame.to)
    if (frame.type === "snapshot") this.screen.restore(frame)
    if (frame.type === "resize") this.#resized(frame)
    if (frame.type === "title") this.#hooks.title(frame.title)
    if (frame.type === "relaunch") this.screen.renew()
    if (frame.type === "viewers") this.screen.mayAnswer(frame.answers)
  }

  #resized(size: { cols: number; rows: number }): void {
    if (!this.#line.replaying) this.#sizing.resized(size)
    this.screen.resize(size)
  }

  #laidOutSoon(): void {
    cancelAnimationFrame(this.#frame)
    this.#frame = requestAnimationFrame(() => {
      const fits = this.screen.fits()
      const claim = fits && this.#sizing.laidOut(fits)
      if (claim) this.#ask(claim)
    })
  }

  /** Who only looks takes the size that the others have. */
  #ask(size: { cols: number; rows: number }): void {
    if (this.#mode === "view" || !this.#sizing.session) return
    this.#line.control({ type: "resize", ...size })
  }
}
