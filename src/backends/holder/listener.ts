// Listener on a holder's socket: the connected servers, and notifications to all of them.

import { chmodSync } from "node:fs"
import type { HolderMessages } from "../../wire/holder.ts"
import { type HeldSession, HolderConnection } from "./connection.ts"

type Data = { connection: HolderConnection }

export class HolderListener {
  #connections = new Set<HolderConnection>()

  /** Listens at `path`, in a directory with mode 0700: only its owner can connect. */
  constructor(session: HeldSession, path: string) {
    Bun.listen<Data>({
      unix: path,
      socket: {
        open: socket => {
          socket.data = { connection: new HolderConnection(session, socket) }
          this.#connections.add(socket.data.connection)
        },
        data: (socket, bytes) => socket.data.connection.received(bytes),
        drain: socket => socket.data.connection.drain(),
        close: socket => {
          socket.data.connection.close()
          this.#connections.delete(socket.data.connection)
        },
        error: socket => void socket.end(),
      },
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
