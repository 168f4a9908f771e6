// Listener on a holder's socket: the connected servers, and notifications to all of them.

import { chmodSync } from "node:fs"
import { listenUnix } from "#runtime/wire.ts"
import type { HolderMessages } from "../../wire/holder.ts"
import { type HeldSession, HolderConnection } from "./connection.ts"

export class HolderListener {
  #connections = new Set<HolderConnection>()

  /** Listens at `path`, in a directory with mode 0700: only its owner can connect. */
  constructor(session: HeldSession, path: string) {
    listenUnix(path, socket => {
      const connection = new HolderConnection(session, socket)
      this.#connections.add(connection)
      return {
        data: bytes => connection.received(bytes),
        drain: () => connection.drain(),
        close: () => {
          connection.close()
          this.#connections.delete(connection)
        },
        error: () => socket.end(),
      }
    })
    chmodSync(path, 0o600)
  }

  /** Whether a server is connected. It then answers the program's terminal queries. */
  get connected(): boolean {
    return this.#connections.size > 0
  }

  /** Reports recorded input. */
  typed(input: HolderMessages["typed"]): void {
    for (const connection of this.#connections) connection.typed(input)
  }

  /** Call it after new output, a new size, an exit or the end. */
  changed(): void {
    for (const connection of this.#connections) connection.pump()
  }
}
