// The holder's socket: who is connected, and that everyone is told what moved.

import { chmodSync } from "node:fs"
import type { HolderMessages } from "../../wire/holder.ts"
import { HolderConnection } from "./connection.ts"
import type { Holder } from "./holder.ts"

type Data = { connection: HolderConnection }

export class HolderListener {
  #connections = new Set<HolderConnection>()

  /** Listens on the holder's socket, which only its owner can reach: it stands in a 0700 directory. */
  constructor(holder: Holder) {
    Bun.listen<Data>({
      unix: holder.birth.socket,
      socket: {
        open: socket => {
          socket.data = { connection: new HolderConnection(holder, socket) }
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
    chmodSync(holder.birth.socket, 0o600)
  }

  /** Is a server there that looks after the program's questions to its terminal? */
  get attended(): boolean {
    return this.#connections.size > 0
  }

  /** Input went in, of a session that records it. */
  typed(input: HolderMessages["typed"]): void {
    for (const connection of this.#connections) connection.typed(input)
  }

  /** There is new output, a new size, an exit or the end. */
  moved(): void {
    for (const connection of this.#connections) connection.pump()
  }
}
