// A small WebSocket client (RFC 6455) on a TCP socket, cheap enough to measure the server and not itself.

import { SUBPROTOCOL } from "../../../src/wire/attach.ts"

export type Events = {
  /** A part of a binary frame, as it arrived. */
  bytes?(bytes: Uint8Array): void
  /** A part of any frame, as it arrived; replaces the other two. */
  any?(bytes: Uint8Array): void
  /** A control frame. */
  text?(frame: { type: string; [field: string]: unknown }): void
  close?(): void
}

const BINARY = 2
const TEXT = 1

/** Parses the frames of a server, which are never masked. Passes bytes of a frame on as they arrive. */
class FrameReader {
  #events: Events
  #header = new Uint8Array(10)
  #have = 0
  #opcode = 0
  #left = 0
  #text: Uint8Array[] = []

  constructor(events: Events) {
    this.#events = events
  }

  push(chunk: Uint8Array): void {
    for (let at = 0; at < chunk.length; )
      at = this.#left > 0 ? this.#payload(chunk, at) : this.#headerByte(chunk[at]!, at)
  }

  #headerByte(byte: number, at: number): number {
    this.#header[this.#have++] = byte
    const short = this.#header[1]! & 0x7f
    const size = this.#have < 2 ? 2 : short === 126 ? 4 : short === 127 ? 10 : 2
    if (this.#have === size) this.#begin(size, short)
    return at + 1
  }

  #begin(size: number, short: number): void {
    const view = new DataView(this.#header.buffer)
    this.#left = size === 2 ? short : size === 4 ? view.getUint16(2) : Number(view.getBigUint64(2))
    this.#opcode = this.#header[0]! & 0x0f
    this.#have = 0
  }

  #payload(chunk: Uint8Array, at: number): number {
    const end = Math.min(chunk.length, at + this.#left)
    this.#left -= end - at
    if (this.#events.any) this.#events.any(chunk.subarray(at, end))
    else if (this.#opcode === BINARY) this.#events.bytes?.(chunk.subarray(at, end))
    else this.#text.push(chunk.slice(at, end))
    if (this.#left === 0 && this.#opcode !== BINARY && !this.#events.any) this.#ended()
    return end
  }

  #ended(): void {
    const text = Buffer.concat(this.#text).toString()
    this.#text = []
    if (this.#opcode === TEXT) this.#events.text?.(JSON.parse(text))
  }
}

export type Client = { send(bytes: Uint8Array): void; pause(): void; end(): void }

/** Attaches to a session. Resolves after the handshake. */
export const attach = (port: number, id: string, query: string, events: Events): Promise<Client> =>
  openSocket(port, `/v1/sessions/${id}/attach?${query}`, events)

/** Opens a WebSocket of the server. */
export function openSocket(port: number, path: string, events: Events): Promise<Client> {
  const { promise, resolve, reject } = Promise.withResolvers<Client>()
  const reader = new FrameReader(events)
  let agreed = false
  void Bun.connect({
    hostname: "127.0.0.1",
    port,
    socket: {
      open: socket => void socket.write(handshake(port, path)),
      data(socket, chunk) {
        if (agreed) return reader.push(chunk)
        const end = chunk.indexOf("\r\n\r\n")
        if (!chunk.toString("latin1").startsWith("HTTP/1.1 101")) return reject(new Error(chunk.toString()))
        agreed = true
        socket.setNoDelay(true)
        resolve({
          send: bytes => void socket.write(masked(bytes)),
          pause: () => socket.pause(),
          end: () => socket.end(),
        })
        reader.push(chunk.subarray(end + 4))
      },
      close: () => events.close?.(),
      error: (_, error) => reject(error),
    },
  }).catch(reject)
  return promise
}

const handshake = (port: number, path: string): string =>
  [
    `GET ${path} HTTP/1.1`,
    `Host: 127.0.0.1:${port}`,
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: cHR5bGluZSBiZW5jaCBrZQ==",
    `Sec-WebSocket-Protocol: ${SUBPROTOCOL}`,
    "\r\n",
  ].join("\r\n")

/** A binary frame of at most 125 bytes. A mask of zeros leaves the payload unchanged. */
const masked = (bytes: Uint8Array): Uint8Array =>
  Uint8Array.of(0x80 | BINARY, 0x80 | bytes.length, 0, 0, 0, 0, ...bytes)
