// Size requests of a window that shares a session with others: the one laid out or attached last decides. A
// window asks only when it changes itself, never because another one resized, so two windows cannot compete
// forever.

import type { Size } from "../../src/core/session/backend.ts"

export class SizeRequests {
  #fits: Size | null = null
  #session: Size | null = null
  #layoutChanged = false

  /** The session's last known size. */
  get session(): Size | null {
    return this.#session
  }

  /** True when the session's size fits this window. */
  get fitted(): boolean {
    return same(this.#fits, this.#session)
  }

  /** Notes the size that fits this window. Returns the size to request, null if none. */
  laidOut(fits: Size): Size | null {
    if (same(fits, this.#fits)) return null
    this.#fits = fits
    this.#layoutChanged = true
    return this.claim()
  }

  /** Returns the size to request at the first connection, or at a later one if the window changed. */
  attached(session: Size, first: boolean): Size | null {
    this.#session = session
    const claims = first || this.#layoutChanged
    return claims ? this.claim() : null
  }

  /** Notes that this or another window resized the session. */
  resized(session: Size): void {
    this.#session = session
    this.#layoutChanged = false
  }

  /** Returns the size to request for this window; null if the session fits already. */
  claim(): Size | null {
    return this.fitted ? null : this.#fits
  }
}

const same = (a: Size | null, b: Size | null): boolean =>
  a !== null && b !== null && a.cols === b.cols && a.rows === b.rows
