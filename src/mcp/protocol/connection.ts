// One connection that speaks the protocol by lines, as over stdio: on the process's own streams, or through a server's socket.

import { PassThrough, type Readable, Writable } from "node:stream"
import { StdioServerTransport, serveStdio } from "@modelcontextprotocol/server/stdio"
import { McpClient, type McpClientOptions } from "../session/client.ts"
import { SETTINGS_PREFIX, settingsOf } from "../session/settings.ts"
import { protocolServer } from "./server.ts"

/** A message may be this long, in bytes. */
const LONGEST_MESSAGE = 16 << 20

/** Serves a desk on two streams. Resolves when the input ended and everything that belonged to the caller is gone. */
export async function serveLines(desk: McpClient, input: Readable, output: Writable): Promise<void> {
  const transport = new StdioServerTransport(input, output, { maxBufferSize: LONGEST_MESSAGE })
  const ended = new Promise<void>(resolve => {
    for (const event of ["end", "close", "error"]) input.once(event, () => resolve())
    for (const event of ["close", "error"]) output.once(event, () => resolve())
  })
  const handle = serveStdio(({ era }) => protocolServer(desk, era, true), {
    transport,
    onerror: error => desk.onNoise(error),
  })
  await ended
  await Promise.all([desk.close(), handle.close().catch(() => {})])
}

/** What a bridge says first, as a text frame; then the protocol's lines follow in binary frames, both ways. */
export type Hello = { settings: Record<string, string>; cwd: string | null; env: Record<string, string> }

/** The hello of a process for itself. */
export const helloOf = (env: Record<string, string | undefined>, near: boolean): Hello => ({
  settings: variables(env, name => name.startsWith(SETTINGS_PREFIX)),
  cwd: near ? process.cwd() : null,
  env: near ? variables(env, () => true) : {},
})

function variables(env: Record<string, string | undefined>, wanted: (name: string) => boolean) {
  const pairs = Object.entries(env).filter(([name, value]) => value !== undefined && wanted(name))
  return Object.fromEntries(pairs) as Record<string, string>
}

/** Text frames besides: from the bridge that its caller is gone, which closes the socket once its sessions are gone, too; */
export const BYE = "bye"
/** from the server that it took the hello, and what is to go into the caller's own log. */
export const READY = "ready"
export const NOTE = "note "

/** A WebSocket as the server's routes have it. */
type Socket = {
  send(data: string | Uint8Array): void
  buffered(): number
  close(code: number, reason: string): void
}

/** Bytes per frame, and how many may wait in the socket before the next ones wait here. */
const FRAME = 64 << 10
const WAITING = 1 << 20

/** The server's side of a bridge. A handler for its routes: `open` first, `close` last. */
export class BridgeHandler {
  #options: Omit<McpClientOptions, "settings" | "surroundings">
  #trusted: boolean
  #socket: Socket | null = null
  #input = new PassThrough()
  #waiting: (() => void) | null = null
  #served: Promise<void> | null = null
  #finished: () => void

  /**
   * A caller on this machine, `trusted`, brings its directory and environment, and where to log. `finished` is called when it is
   * gone with all that was its own.
   */
  constructor(
    options: Omit<McpClientOptions, "settings" | "surroundings">,
    trusted: boolean,
    finished: () => void,
  ) {
    this.#options = options
    this.#trusted = trusted
    this.#finished = finished
  }

  open(socket: Socket): void {
    this.#socket = socket
  }

  message(data: string | Uint8Array): void {
    if (data === BYE) this.#input.end()
    else if (typeof data === "string") this.#served || this.#begin(data)
    else if (!this.#served) this.#socket?.close(1002, "a hello comes first")
    else if (this.#input.writable) this.#input.write(data)
  }

  drain(): void {
    this.#waiting?.()
    this.#waiting = null
  }

  close(): void {
    this.#socket = null
    this.#input.end()
    this.drain()
    void Promise.resolve(this.#served).finally(this.#finished)
  }

  #begin(text: string): void {
    const hello = parsed(text)
    if (!hello) return this.#socket?.close(1002, "not a hello")
    const desk = new McpClient({
      ...this.#options,
      onFault: error => this.#note(error),
      ...this.#wishes(hello),
    })
    const output = new Writable({
      write: (bytes, _, done) => void this.#send(bytes).then(() => done(), done),
    })
    this.#socket?.send(READY)
    this.#served = serveLines(desk, this.#input, output).finally(() => this.#socket?.close(1000, BYE))
  }

  /** What goes wrong is logged here, and also there, for a caller whose machine this is. */
  #note(error: unknown): void {
    this.#options.onFault(error)
    if (this.#trusted) this.#socket?.send(NOTE + String(error))
  }

  #wishes({ settings, cwd, env }: Hello): Pick<McpClientOptions, "settings" | "surroundings"> {
    const asked = settingsOf(settings)
    if (!this.#trusted) return { settings: { ...asked, logDirectory: null }, surroundings: null }
    return { settings: asked, surroundings: cwd === null ? null : { cwd, env } }
  }

  async #send(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length && this.#socket; at += FRAME) {
      this.#socket.send(bytes.subarray(at, at + FRAME))
      if (this.#socket.buffered() > WAITING)
        await new Promise<void>(resolve => {
          this.#waiting = resolve
        })
    }
  }
}

function parsed(text: string): Hello | null {
  try {
    const { settings = {}, cwd = null, env = {} } = JSON.parse(text) as Partial<Hello>
    const sound = isTexts(settings) && isTexts(env) && (cwd === null || typeof cwd === "string")
    return sound ? { settings, cwd, env } : null
  } catch {
    return null
  }
}

const isTexts = (value: unknown): boolean =>
  typeof value === "object" && value !== null && Object.values(value).every(text => typeof text === "string")
