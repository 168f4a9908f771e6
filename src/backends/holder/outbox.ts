// Queue of frames for a Bun socket, which takes as much of each as the system has room for.

import { copyOf, release } from "../../core/lib/memory.ts"

/** `write` returns the number of bytes taken, negative when the socket is closed. */
export type Writable = { write(data: Uint8Array): number }

export class Outbox {
  #socket: Writable | null = null
  #waiting: Uint8Array[] = []
  /** Bytes of the first frame that are already sent. */
  #sent = 0

  /** Whether the socket has taken everything. */
  get empty(): boolean {
    return this.#waiting.length === 0
  }

  /** Sends the waiting frames and all later ones to `socket`. */
  open(socket: Writable): void {
    this.#socket = socket
    this.flush()
  }

  /** Sends a frame. Takes ownership of it and frees it afterwards. */
  push(frame: Uint8Array): void {
    this.#waiting.push(frame)
    if (this.#waiting.length === 1) this.flush()
  }

  /** Sends bytes that the caller keeps and may change: copies only the part that is not taken at once. */
  lend(bytes: Uint8Array): void {
    const sent = this.empty && this.#socket ? Math.max(0, this.#socket.write(bytes)) : 0
    if (sent < bytes.length) this.push(copyOf(bytes.subarray(sent)))
  }

  /** Call it when the socket has room again. */
  flush(): void {
    for (let first = this.#waiting[0]; this.#socket && first; first = this.#waiting[0]) {
      this.#sent += Math.max(0, this.#socket.write(first.subarray(this.#sent)))
      if (this.#sent < first.length) return
      this.#waiting.shift()
      this.#sent = 0
      release(first)
    }
  }
}
