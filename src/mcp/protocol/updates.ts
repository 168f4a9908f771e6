// Tells subscribers that a session's resources changed: a few times a second at most, however much it prints.

import { delay } from "../../core/lib/wake.ts"
import type { Session } from "../../core/session/session.ts"
import { urisOf } from "./resources.ts"

/** Between two news of one session, in ms. */
const PAUSE_MS = 250

export type UpdateListener = {
  /** There are more sessions, or fewer. */
  listChanged(): void
  updated(uri: string): void
}

export class Updates {
  #listeners = new Set<UpdateListener>()

  /** Until the returned function is called. A listener must not throw. */
  listen(listener: UpdateListener): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  listChanged(): void {
    for (const listener of this.#listeners) listener.listChanged()
  }

  /** Follows one session until it is forgotten. */
  async watch(session: Session): Promise<void> {
    this.listChanged()
    while (session.life.state !== "removed") {
      await session.changed.wait()
      if (this.#listeners.size === 0) continue
      for (const uri of urisOf(session)) for (const listener of this.#listeners) listener.updated(uri)
      await delay(PAUSE_MS)
    }
    this.listChanged()
  }
}
