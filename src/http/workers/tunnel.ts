// WebSocket through a worker, with back-pressure both ways: the core sees a slow client as slow.

import { randomBytes } from "node:crypto"
import { once } from "node:events"
import { connect, type Socket as NetSocket } from "node:net"
import type { Socket, SocketHandler } from "../../runtime/types.ts"
import { clientFrame, MessageReader, Opcode } from "../../wire/websocket.ts"
import type { Peer } from "../peer.ts"
import { endToEnd, requestHeaders } from "./headers.ts"

/** Reading from the core pauses while this many bytes wait for the client. */
const MAX_WAITING = 256 << 10
/** A client with more than this many bytes waiting for the core is closed. */
const MAX_AHEAD = 16 << 20
const MAX_HEAD = 64 << 10

/** Opens the same WebSocket at the core, and upgrades the client only if the core agrees. */
export async function openTunnel(unix: string, request: Request, peer: Peer): Promise<Response> {
  const core = await connected(unix)
  core.write(handshake(request, peer))
  const head = await headOf(core)
  if (head.status !== 101) return rejection(core, head)
  const handler = new Tunnel(core, head.rest)
  const response = peer.upgrade(handler, head.headers.get("sec-websocket-protocol"))
  if (response) return response
  core.destroy()
  return new Response("not a WebSocket handshake", { status: 400 })
}

async function connected(unix: string): Promise<NetSocket> {
  const core = connect(unix)
  await once(core, "connect")
  core.on("error", () => core.destroy())
  return core
}

function handshake(request: Request, peer: Peer): string {
  const { pathname, search } = new URL(request.url)
  const headers = requestHeaders(request, peer)
  headers.delete("sec-websocket-extensions")
  headers.set("connection", "Upgrade")
  headers.set("upgrade", "websocket")
  headers.set("sec-websocket-version", "13")
  headers.set("sec-websocket-key", randomBytes(16).toString("base64"))
  const lines = [...headers].map(([name, value]) => `${name}: ${value}\r\n`)
  return `GET ${pathname}${search} HTTP/1.1\r\n${lines.join("")}\r\n`
}

type Head = { status: number; headers: Headers; rest: Uint8Array }

/** Reads the head of the core's response and pauses the socket after it. */
function headOf(core: NetSocket): Promise<Head> {
  return new Promise((resolve, reject) => {
    let bytes = Buffer.alloc(0)
    const closed = () => reject(new Error("the core closed the connection"))
    const received = (piece: Buffer) => {
      bytes = Buffer.concat([bytes, piece])
      const end = bytes.indexOf("\r\n\r\n")
      if (end < 0 && bytes.length < MAX_HEAD) return
      core.off("data", received).off("close", closed).pause()
      if (end < 0) return reject(new Error("the head of the core's response is too long"))
      resolve({ ...parsedHead(bytes.toString("latin1", 0, end)), rest: bytes.subarray(end + 4) })
    }
    core.on("data", received).on("close", closed)
  })
}

function parsedHead(text: string): { status: number; headers: Headers } {
  const [first = "", ...lines] = text.split("\r\n")
  const headers = new Headers()
  for (const line of lines) {
    const at = line.indexOf(":")
    if (at > 0) headers.append(line.slice(0, at), line.slice(at + 1).trim())
  }
  return { status: Number(first.split(" ")[1]), headers }
}

/** The core's rejection, unchanged: the response to a handshake is short and has a length. */
async function rejection(core: NetSocket, { status, headers, rest }: Head): Promise<Response> {
  const length = Math.min(Number(headers.get("content-length") ?? 0), MAX_HEAD)
  let body = Buffer.from(rest)
  if (body.length < length)
    for await (const piece of core) {
      body = Buffer.concat([body, piece])
      if (body.length >= length) break
    }
  core.destroy()
  return new Response(body.subarray(0, length), { status, headers: endToEnd(headers) })
}

class Tunnel implements SocketHandler {
  #core: NetSocket
  #first: Uint8Array
  #reader = new MessageReader()
  #client: Socket | null = null
  #closed = false

  constructor(core: NetSocket, first: Uint8Array) {
    this.#core = core
    this.#first = first
  }

  open(client: Socket): void {
    this.#client = client
    this.#core.on("data", (bytes: Buffer) => this.#fromCore(bytes))
    this.#core.on("close", () => this.#close(1001, "the server went away"))
    if (this.#first.length > 0) this.#fromCore(this.#first)
    this.drain()
  }

  message(data: string | Uint8Array): void {
    const frame =
      typeof data === "string"
        ? clientFrame(Opcode.text, Buffer.from(data))
        : clientFrame(Opcode.binary, data)
    this.#core.write(frame)
    if (this.#core.writableLength > MAX_AHEAD) this.#close(1008, "too much input at once")
  }

  drain(): void {
    if (this.#client && this.#client.buffered() < MAX_WAITING) this.#core.resume()
  }

  close(): void {
    this.#closed = true
    this.#core.end(clientFrame(Opcode.close, new Uint8Array(0)))
    this.#core.resume() // reads to the end, so that the socket closes
  }

  #fromCore(bytes: Uint8Array): void {
    try {
      for (const { opcode, payload } of this.#reader.push(bytes)) this.#forward(opcode, payload)
    } catch {
      this.#close(1011, "the server sent an invalid frame")
    }
    if (!this.#closed && this.#client!.buffered() >= MAX_WAITING) this.#core.pause()
  }

  #forward(opcode: number, payload: Uint8Array): void {
    if (this.#closed) return
    if (opcode === Opcode.text) this.#client!.send(Buffer.from(payload).toString("utf8"))
    else if (opcode === Opcode.binary) this.#client!.send(payload)
    else if (opcode === Opcode.ping) this.#core.write(clientFrame(Opcode.pong, payload))
    else if (opcode === Opcode.close) this.#close(...closeOf(payload))
  }

  #close(code: number, reason: string): void {
    if (this.#closed) return
    this.#closed = true
    this.#client?.close(code, reason)
    this.#core.destroy()
  }
}

/** Code and reason of a close frame (RFC 6455, 5.5.1). */
function closeOf(payload: Uint8Array): [number, string] {
  if (payload.length < 2) return [1000, ""]
  return [payload[0]! * 256 + payload[1]!, Buffer.from(payload.subarray(2)).toString("utf8")]
}
