// MCP over a byte stream: stdio, or a bridge, the WebSocket between a `ptyline mcp` process and the server.

import { PassThrough, type Readable, Writable } from "node:stream"
import { StdioServerTransport, serveStdio } from "@modelcontextprotocol/server/stdio"
import { McpClient, type McpClientOptions } from "../session/client.ts"
import { SETTINGS_PREFIX, settingsOf } from "../session/settings.ts"
import { protocolServer } from "./server.ts"

const MAX_MESSAGE = 16 << 20

/** Serves a client on two streams. Resolves after the input has ended and the client's sessions are gone. */
async function serveStreams(client: McpClient, input: Readable, output: Writable): Promise<void> {
  const transport = new StdioServerTransport(input, output, { maxBufferSize: MAX_MESSAGE })
  const ended = new Promise<void>(resolve => {
    for (const event of ["end", "close", "error"]) input.once(event, () => resolve())
    for (const event of ["close", "error"]) output.once(event, () => resolve())
  })
  const handle = serveStdio(({ era }) => protocolServer(client, era, true), {
    transport,
    onerror: error => client.onProtocolError(error),
  })
  await ended
  await Promise.all([client.close(), handle.close().catch(() => {})])
}

/** The first frame of a bridge, as JSON text. Binary frames then carry the protocol's lines both ways. */
type Hello = { settings: Record<string, string>; cwd: string | null; env: Record<string, string> }

/** Returns the hello of this process. Only a `local` server gets its directory and environment. */
export const helloOf = (env: Record<string, string | undefined>, local: boolean): Hello => ({
  settings: variables(env, name => name.startsWith(SETTINGS_PREFIX)),
  cwd: local ? process.cwd() : null,
  env: local ? variables(env, () => true) : {},
})

function variables(env: Record<string, string | undefined>, included: (name: string) => boolean) {
  const pairs = Object.entries(env).filter(([name, value]) => value !== undefined && included(name))
  return Object.fromEntries(pairs) as Record<string, string>
}

/** Text frame of the bridge: the caller has left. The server ends its sessions and closes the socket. */
export const BYE = "bye"
/** Text frame of the server: the hello was accepted. */
export const READY = "ready"
/** Start of a text frame of the server: a line for the caller's log. */
export const NOTE = "note "

type Socket = {
  send(data: string | Uint8Array): void
  buffered(): number
  close(code: number, reason: string): void
}

const FRAME = 64 << 10
/** Output pauses while the socket buffers more bytes than this. */
const MAX_BUFFERED = 1 << 20

type SharedOptions = Omit<McpClientOptions, "settings" | "caller">

/** The server's end of a bridge. */
export class BridgeHandler {
  #options: SharedOptions
  #trusted: boolean
  #socket: Socket | null = null
  #input = new PassThrough()
  #onDrain: (() => void) | null = null
  #served: Promise<void> | null = null
  #finished: () => void

  /** `trusted`: on this machine, so its settings apply. `finished`: called after its sessions are gone. */
  constructor(options: SharedOptions, trusted: boolean, finished: () => void) {
    this.#options = options
    this.#trusted = trusted
    this.#finished = finished
  }

  open(socket: Socket): void {
    this.#socket = socket
  }

  message(data: string | Uint8Array): void {
    if (data === BYE) this.#input.end()
    else if (typeof data === "string") this.#served || this.#start(data)
    else if (!this.#served) this.#socket?.close(1002, "the first frame must be a hello")
    else if (this.#input.writable) this.#input.write(data)
  }

  drain(): void {
    this.#onDrain?.()
    this.#onDrain = null
  }

  close(): void {
    this.#socket = null
    this.#input.end()
    this.drain()
    void Promise.resolve(this.#served).finally(this.#finished)
  }

  #start(text: string): void {
    const hello = parseHello(text)
    if (!hello) return this.#socket?.close(1002, "invalid hello")
    const client = new McpClient({
      ...this.#options,
      onFault: error => this.#report(error),
      ...this.#clientOptions(hello),
    })
    const output = new Writable({
      write: (bytes, _, done) => void this.#send(bytes).then(() => done(), done),
    })
    this.#socket?.send(READY)
    this.#served = serveStreams(client, this.#input, output).finally(() => this.#socket?.close(1000, BYE))
  }

  /** Logs an error here, and also at a trusted caller. */
  #report(error: unknown): void {
    this.#options.onFault(error)
    if (this.#trusted) this.#socket?.send(NOTE + String(error))
  }

  #clientOptions({ settings, cwd, env }: Hello): Pick<McpClientOptions, "settings" | "caller"> {
    const requested = settingsOf(settings)
    if (!this.#trusted) return { settings: { ...requested, logDirectory: null }, caller: null }
    return { settings: requested, caller: cwd === null ? null : { cwd, env } }
  }

  async #send(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length && this.#socket; at += FRAME) {
      this.#socket.send(bytes.subarray(at, at + FRAME))
      if (this.#socket.buffered() > MAX_BUFFERED)
        await new Promise<void>(resolve => {
          this.#onDrain = resolve
        })
    }
  }
}

function parseHello(text: string): Hello | null {
  try {
    const { settings = {}, cwd = null, env = {} } = JSON.parse(text) as Partial<Hello>
    const valid = isStringRecord(settings) && isStringRecord(env) && (cwd === null || typeof cwd === "string")
    return valid ? { settings, cwd, env } : null
  } catch {
    return null
  }
}

const isStringRecord = (value: unknown): boolean =>
  typeof value === "object" && value !== null && Object.values(value).every(text => typeof text === "string")
