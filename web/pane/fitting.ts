// Keeps a terminal and its window in step: watches the layout, asks for sizes, takes the sizes others asked for.

import type { Size } from "../../src/core/session/backend.ts"
import type { Connection } from "../connection/connection.ts"
import { SizeRequests } from "../connection/sizing.ts"
import type { Screen } from "../term/screen.ts"
import { onSettings } from "../ui/settings.ts"
import type { StatusBar } from "./status.ts"

export class Fitting {
  readonly #stage: HTMLElement
  readonly #screen: Screen
  readonly #connection: Connection
  readonly #status: StatusBar
  /** May this window ask for a size, or does another client hold the line? */
  readonly #mayResize: () => boolean
  readonly #sizing = new SizeRequests()
  /** The program has ended: nobody can change its size any more. */
  #over: boolean
  readonly #layout = new ResizeObserver(() => this.#layOutSoon())
  #frame = 0
  #off: (() => void) | null = null

  constructor(
    stage: HTMLElement,
    screen: Screen,
    line: Connection,
    status: StatusBar,
    { over, mayAsk }: { over: boolean; mayAsk: () => boolean },
  ) {
    this.#over = over
    this.#mayResize = mayAsk
    this.#stage = stage
    this.#screen = screen
    this.#connection = line
    this.#status = status
  }

  start(): void {
    this.#layOut()
    this.#layout.observe(this.#stage)
    this.#off = onSettings(() => this.#layOutSoon())
  }

  stop(): void {
    cancelAnimationFrame(this.#frame)
    this.#layout.disconnect()
    this.#off?.()
  }

  /** The server said hello. A page in a background tab does not take the size from one that somebody looks at. */
  attached({ cols, rows }: Size, first: boolean): void {
    const claim = this.#sizing.attached({ cols, rows }, first && !document.hidden)
    this.#screen.resize({ cols, rows })
    if (claim) this.#requestSize(claim)
    this.#show()
  }

  /** The output that follows was made for this size; the session has long had others. */
  replayed({ cols, rows }: Size): void {
    this.#screen.resize({ cols, rows })
  }

  /** The session has another size now, whoever wanted it. */
  resized({ cols, rows }: Size): void {
    this.#sizing.resized({ cols, rows })
    this.#screen.resize({ cols, rows })
    this.#show()
  }

  /** The person wants the session to fit this window. */
  claim(): void {
    const claim = this.#sizing.claim()
    if (claim) this.#requestSize(claim)
  }

  /** The program has ended: from now on its last words wrap to this window, which concerns nobody else. */
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

  /** The terminal takes the size when the server's answer comes, at its place in the output, as for everybody else. */
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
