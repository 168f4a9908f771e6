// Client of the attach socket for tests: keeps every frame in order and lets a test wait for one.

import { Wake } from "../../src/core/lib/wake.ts"
import { type ServerFrame, SUBPROTOCOL } from "../../src/wire/attach.ts"
import { PATIENCE_MS } from "../helpers.ts"
import type { TestServer } from "./server.ts"

type Typed<T extends ServerFrame["type"]> = Extract<ServerFrame, { type: T }>

export type AttachClientOptions = {
  query?: string
  token?: string | null
  protocol?: string | null
  headers?: Record<string, string>
}

export class AttachClient {
  readonly socket: WebSocket
  /** Received frames in order: control frames, and terminal bytes as Uint8Array. */
  readonly frames: (ServerFrame | Uint8Array)[] = []
  closed: { code: number; reason: string } | null = null
  #changed = new Wake()

  constructor(
    url: string,
    { query = "", token, protocol = SUBPROTOCOL, headers = {} }: AttachClientOptions = {},
  ) {
    const authorization = token ? { authorization: `Bearer ${token}` } : {}
    const socketOptions = {
      headers: { ...authorization, ...headers },
      ...(protocol === null ? {} : { protocols: [protocol] }),
    }
    this.socket = new WebSocket(`${url.replace("http", "ws")}?${query}`, socketOptions as never)
    this.socket.binaryType = "arraybuffer"
    this.socket.onmessage = ({ data }) => this.#push(data as string | ArrayBuffer)
    this.socket.onclose = ({ code, reason }) => {
      // Deno's client reports 0 for a connection without a close frame, where RFC 6455 has 1006
      this.closed = { code: code || 1006, reason }
      this.#changed.fire()
    }
  }

  /** Attaches to a session of a test's server; by default to bytes, without a snapshot. */
  static to(server: TestServer, id: string, options: AttachClientOptions = {}): AttachClient {
    const url = `${server.origin}/v1/sessions/${encodeURIComponent(id)}/attach`
    const { query = "" } = options
    const bytes = query.includes("snapshot=") ? "" : "&snapshot=never"
    return new AttachClient(url, { token: server.token, ...options, query: query + bytes })
  }

  #push(data: string | ArrayBuffer): void {
    this.frames.push(typeof data === "string" ? (JSON.parse(data) as ServerFrame) : new Uint8Array(data))
    this.#changed.fire()
  }

  get bytes(): Uint8Array {
    return new Uint8Array(Buffer.concat(this.frames.filter(frame => frame instanceof Uint8Array)))
  }

  get text(): string {
    return Buffer.from(this.bytes).toString("utf8")
  }

  /** The received control frames of one type. */
  all<T extends ServerFrame["type"]>(type: T): Typed<T>[] {
    return this.frames.filter((f): f is Typed<T> => !(f instanceof Uint8Array) && f.type === type)
  }

  /** Waits for the first frame of a type at or after frame number `from`. */
  async frame<T extends ServerFrame["type"]>(type: T, from = 0): Promise<Typed<T>> {
    const found = () =>
      this.frames.slice(from).find((f): f is Typed<T> => !(f instanceof Uint8Array) && f.type === type)
    await this.until(() => found() !== undefined, `a frame ${type}`)
    return found()!
  }

  async until(condition: () => boolean, what: string): Promise<void> {
    const late = AbortSignal.timeout(PATIENCE_MS)
    while (!condition()) {
      if (late.aborted)
        throw new Error(`timed out waiting for ${what}; closed: ${JSON.stringify(this.closed)}`)
      await this.#changed.wait(late)
    }
  }

  /** Waits until the output contains `text`. */
  printed(text: string): Promise<void> {
    return this.until(
      () => this.text.includes(text),
      `${JSON.stringify(text)} in ${JSON.stringify(this.text)}`,
    )
  }

  async end(): Promise<{ code: number; reason: string }> {
    await this.until(() => this.closed !== null, "the socket's end")
    return this.closed!
  }

  /** Sends terminal bytes, or a control frame. */
  send(data: Uint8Array | string | Record<string, unknown>): void {
    if (data instanceof Uint8Array) this.socket.send(data as Uint8Array<ArrayBuffer>)
    else this.socket.send(typeof data === "string" ? data : JSON.stringify(data))
  }

  type(text: string): void {
    this.send(new TextEncoder().encode(text))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.socket.close()
    await this.end()
  }
}
