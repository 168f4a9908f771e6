// The page's list of sessions, in display order.

import type { SessionInfo } from "../../src/ops/shapes.ts"
import { Listeners } from "../ui/listeners.ts"

export class SessionList {
  readonly changed = new Listeners<void>()
  readonly #byId = new Map<string, SessionInfo>()

  /** Returns running sessions first, newest first. The order does not change while programs print. */
  list(): SessionInfo[] {
    return [...this.#byId.values()].sort(
      (a, b) => Number(hasEnded(a)) - Number(hasEnded(b)) || b.created_at.localeCompare(a.created_at),
    )
  }

  /** Finds a session by id, or else by name. */
  find(idOrName: string): SessionInfo | undefined {
    return this.#byId.get(idOrName) ?? this.list().find(info => info.name === idOrName)
  }

  replaceAll(all: SessionInfo[]): void {
    this.#byId.clear()
    for (const info of all) this.#byId.set(info.id, info)
    this.changed.emit()
  }

  put(info: SessionInfo): void {
    this.#byId.set(info.id, info)
    this.changed.emit()
  }

  drop(id: string): void {
    if (this.#byId.delete(id)) this.changed.emit()
  }
}

export const hasEnded = (info: SessionInfo): boolean => info.state !== "running"
