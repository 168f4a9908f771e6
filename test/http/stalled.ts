// Client for tests that sends a request and then stops reading.

import { connect, type Socket } from "node:net"
import { Wake } from "../../src/core/lib/wake.ts"
import { PATIENCE_MS } from "../helpers.ts"

export class Stalled {
  readonly socket: Socket
  /** Everything read so far, headers included. */
  data: Buffer<ArrayBufferLike> = Buffer.alloc(0)
  #changed = new Wake()

  constructor(port: number, request: string[]) {
    this.socket = connect(port, "127.0.0.1", () => this.socket.write(`${request.join("\r\n")}\r\n\r\n`))
    this.socket.on("data", (piece: Buffer) => {
      this.data = Buffer.concat([this.data, piece])
      this.#changed.fire()
    })
    this.socket.on("error", () => {})
  }

  static get(port: number, path: string, token: string): Stalled {
    return new Stalled(port, [`GET ${path} HTTP/1.1`, "Host: localhost", `Authorization: Bearer ${token}`])
  }

  static attach(port: number, path: string, token: string): Stalled {
    const upgrade = [
      "Connection: Upgrade",
      "Upgrade: websocket",
      "Sec-WebSocket-Version: 13",
      "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
    ]
    return new Stalled(port, [
      `GET ${path} HTTP/1.1`,
      "Host: localhost",
      `Authorization: Bearer ${token}`,
      ...upgrade,
    ])
  }

  /** Reads until `text` was received, and then stops reading. */
  async stallAfter(text: string): Promise<void> {
    const late = AbortSignal.timeout(PATIENCE_MS)
    while (!this.data.includes(text)) {
      if (late.aborted) throw new Error(`no ${text} in ${this.data.toString().slice(0, 500)}`)
      await this.#changed.wait(late)
    }
    this.socket.pause()
  }

  /** Sends a WebSocket frame, masked as a client must (RFC 6455, 5.2). `opcode` 1 is text, 2 is bytes. */
  frame(opcode: number, payload: Uint8Array, final = true): void {
    const head = Buffer.alloc(14)
    head[0] = (final ? 0x80 : 0) | opcode
    head[1] = 0x80 | 127
    head.writeBigUInt64BE(BigInt(payload.length), 2)
    this.socket.write(Buffer.concat([head, payload]))
  }

  [Symbol.dispose](): void {
    this.socket.destroy()
  }
}
