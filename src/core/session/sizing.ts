// Size policies: how large a session's terminal is when several viewers have different windows.

import type { Size } from "./backend.ts"

/** `latest`: last request. `smallest`: fits all. `leader`: first viewer's. `fixed`: as created or resized. */
export const SIZE_POLICIES = ["latest", "smallest", "leader", "fixed"] as const
export type SizePolicy = (typeof SIZE_POLICIES)[number]

export class Sizing<Viewer> {
  policy: SizePolicy = "latest"
  /** The viewers' windows, in the order of the first request. */
  readonly #windows = new Map<Viewer, Size>()
  /** The viewers in the order of their last request. */
  #latest: Viewer[] = []

  request(viewer: Viewer, size: Size): void {
    this.#windows.set(viewer, size)
    this.#latest = [...this.#latest.filter(other => other !== viewer), viewer]
  }

  leave(viewer: Viewer): void {
    this.#windows.delete(viewer)
    this.#latest = this.#latest.filter(other => other !== viewer)
  }

  clear(): void {
    this.#windows.clear()
    this.#latest = []
  }

  /** The size by the policy; null when nothing is to change. */
  get agreed(): Size | null {
    const sizes = [...this.#windows.values()]
    if (this.policy === "fixed" || sizes.length === 0) return null
    if (this.policy === "leader") return sizes[0]!
    if (this.policy === "latest") return this.#windows.get(this.#latest.at(-1)!)!
    return { cols: Math.min(...sizes.map(s => s.cols)), rows: Math.min(...sizes.map(s => s.rows)) }
  }
}
