// What the page knows about the server's sessions, in the order in which they are shown.

import type { SessionInfo } from "../../src/ops/shapes.ts"
import { Listeners } from "../ui/listeners.ts"

export class SessionList {
  readonly changed = new Listeners<void>()
  readonly #byId = new Map<string, SessionInfo>()

  /** Running ones first, each part newest first: an order that does not jump while programs print. */
  list(): SessionInfo[] {
    return [...this.#byId.values()].sort(
      (a, b) => Number(hasEnded(a)) - Number(hasEnded(b)) || b.created_at.localeCompare(a.created_at),
    )
  }

  /** The session with this id or, failing that, this name. */
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
