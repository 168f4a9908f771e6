// Change notifications for the resources of sessions, at most a few per second and session.

import { delay } from "../../core/lib/wake.ts"
import type { Session } from "../../core/session/session.ts"

export const SESSIONS_URI = "pty://sessions"

export const urisOf = ({ id }: Session): [status: string, transcript: string] => [
  `${SESSIONS_URI}/${id}`,
  `${SESSIONS_URI}/${id}/transcript`,
]

/** Shortest time between two notifications about one session, in ms. */
const PAUSE_MS = 250

type UpdateListener = {
  /** A session was added or removed. */
  listChanged(): void
  updated(uri: string): void
}

export class Updates {
  #listeners = new Set<UpdateListener>()

  /** Adds a listener until the returned function is called. A listener must not throw. */
  listen(listener: UpdateListener): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  listChanged(): void {
    for (const listener of this.#listeners) listener.listChanged()
  }

  /** Reports the changes of a session until it is removed. */
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
