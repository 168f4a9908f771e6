// How large a session's terminal is when several viewers have windows of their own.

import type { Size } from "./backend.ts"

/**
 * `latest`: as whoever asked last; `smallest`: so that everybody sees all of it; `leader`: as whoever came first of those that are there;
 * `fixed`: as it was made, or resized in so many words.
 */
export const SIZE_POLICIES = ["latest", "smallest", "leader", "fixed"] as const
export type SizePolicy = (typeof SIZE_POLICIES)[number]

export class Sizing<Viewer> {
  policy: SizePolicy = "latest"
  /** In the order of arrival. */
  readonly #windows = new Map<Viewer, Size>()
  #latest: Viewer[] = []

  /** What would suit this viewer. */
  wish(viewer: Viewer, size: Size): void {
    this.#windows.set(viewer, size)
    this.#latest = [...this.#latest.filter(other => other !== viewer), viewer]
  }

  leave(viewer: Viewer): void {
    this.#windows.delete(viewer)
    this.#latest = this.#latest.filter(other => other !== viewer)
  }

  /** A size was set in so many words: what was wished before is over. */
  settled(): void {
    this.#windows.clear()
    this.#latest = []
  }

  /** What the policy makes of the wishes; null when there is nothing to change. */
  get agreed(): Size | null {
    const sizes = [...this.#windows.values()]
    if (this.policy === "fixed" || sizes.length === 0) return null
    if (this.policy === "leader") return sizes[0]!
    if (this.policy === "latest") return this.#windows.get(this.#latest.at(-1)!)!
    return { cols: Math.min(...sizes.map(s => s.cols)), rows: Math.min(...sizes.map(s => s.rows)) }
  }
}
