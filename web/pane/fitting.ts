// Size of the open terminal: watches the layout, requests sizes, applies the sizes that others request.

import type { Size } from "../../src/core/session/backend.ts"
import type { SessionConnection } from "../connection/connection.ts"
import { SizeRequests } from "../connection/sizing.ts"
import type { Screen } from "../term/screen.ts"
import { onSettings } from "../ui/settings.ts"
import type { StatusBar } from "./status.ts"

export class Fitting {
  readonly #stage: HTMLElement
  readonly #screen: Screen
  readonly #connection: SessionConnection
  readonly #status: StatusBar
  /** Reports whether this window may request a size: no other client owns the lease. */
  readonly #mayResize: () => boolean
  readonly #sizing = new SizeRequests()
  /** The program has ended, so its size is fixed. */
  #over: boolean
  readonly #layout = new ResizeObserver(() => this.#layOutSoon())
  #frame = 0
  #unsubscribe: (() => void) | null = null

  constructor(
    stage: HTMLElement,
    screen: Screen,
    connection: SessionConnection,
    status: StatusBar,
    { over, mayResize }: { over: boolean; mayResize: () => boolean },
  ) {
    this.#over = over
    this.#mayResize = mayResize
    this.#stage = stage
    this.#screen = screen
    this.#connection = connection
    this.#status = status
  }

  start(): void {
    this.#layOut()
    this.#layout.observe(this.#stage)
    this.#unsubscribe = onSettings(() => this.#layOutSoon())
  }

  stop(): void {
    cancelAnimationFrame(this.#frame)
    this.#layout.disconnect()
    this.#unsubscribe?.()
  }

  /** Handles the server's hello. A hidden page does not take the size from a visible one. */
  attached({ cols, rows }: Size, first: boolean): void {
    const claim = this.#sizing.attached({ cols, rows }, first && !document.hidden)
    this.#screen.resize({ cols, rows })
    if (claim) this.#requestSize(claim)
    this.#show()
  }

  /** Applies a size during replay. It is not the session's current size. */
  replayed({ cols, rows }: Size): void {
    this.#screen.resize({ cols, rows })
  }

  /** Applies a new size of the session. */
  resized({ cols, rows }: Size): void {
    this.#sizing.resized({ cols, rows })
    this.#screen.resize({ cols, rows })
    this.#show()
  }

  /** Requests the size that fits this window. */
  claim(): void {
    const claim = this.#sizing.claim()
    if (claim) this.#requestSize(claim)
  }

  /** Handles the end of the program. From now on its output wraps to this window, for this viewer only. */
  finish(): void {
    this.#over = true
    this.#layOut()
  }

  #layOutSoon(): void {
    cancelAnimationFrame(this.#frame)
    this.#frame = requestAnimationFrame(() => this.#layOut())
  }

  #layOut(): void {
    const fits = this.#screen.fits()
    const claim = fits && this.#sizing.laidOut(fits)
    if (fits && this.#over) this.#screen.resize(fits)
    else if (claim) this.#requestSize(claim)
    this.#show()
  }

  /** Requests a size. The terminal takes it when the server sends it, in order with the output. */
  #requestSize(size: Size): void {
    if (!this.#sizing.session) return this.#screen.resize(size)
    if (this.#over || this.#connection.status.kind !== "connected" || !this.#mayResize()) return
    this.#connection.control({ type: "resize", ...size })
    this.#sizing.resized(size)
    this.#show()
  }

  #show(): void {
    const { session, fitted } = this.#sizing
    if (session) this.#status.size(session, fitted || this.#over)
    this.#stage.classList.toggle("unfitted", session !== null && !fitted && !this.#over)
  }
}
