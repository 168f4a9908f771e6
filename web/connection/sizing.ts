// Who decides a session's size when several windows look at it: the one that was laid out or attached last.
// A window only ever asks because something happened in itself, never in answer to another's resize; so two windows
// cannot play ping-pong.

import type { Size } from "../../src/core/session/backend.ts"

export class SizeRequests {
  #fits: Size | null = null
  #session: Size | null = null
  #layoutChanged = false

  /** The session's size as last heard from the server. */
  get session(): Size | null {
    return this.#session
  }

  /** True when the session has the size that fits into this window. */
  get fitted(): boolean {
    return same(this.#fits, this.#session)
  }

  /** The window was laid out: the size to ask for, or null when nothing changed. */
  laidOut(fits: Size): Size | null {
    if (same(fits, this.#fits)) return null
    this.#fits = fits
    this.#layoutChanged = true
    return this.claim()
  }

  /** The server said hello. A first attachment claims the size; a reconnection only if the window changed meanwhile. */
  attached(session: Size, first: boolean): Size | null {
    this.#session = session
    const claims = first || this.#layoutChanged
    return claims ? this.claim() : null
  }

  /** Somebody, perhaps this window, has resized the session. */
  resized(session: Size): void {
    this.#session = session
    this.#layoutChanged = false
  }

  /** The person asked for it: the size to ask the server for, or null when it already fits. */
  claim(): Size | null {
    return this.fitted ? null : this.#fits
  }
}

const same = (a: Size | null, b: Size | null): boolean =>
  a !== null && b !== null && a.cols === b.cols && a.rows === b.rows
