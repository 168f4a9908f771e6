// A test client of MOP's endpoints, and a test server.

import { PATIENCE_MS } from "../../helpers.ts"
import { Home, type Served } from "../../program.ts"

// biome-ignore lint/suspicious/noExplicitAny: every endpoint has its own body; the tests check its fields
export type Answer = { status: number; body: any; headers: Headers; ms: number }

export const BASH = ["--no-auth", "-c", "bash --norc --noprofile"]

/** Starts a server with a command. Sessions run in holders, as in production, unless `holders` is false. */
export async function mopServer(
  flags: string[] = BASH,
  env: Record<string, string> = {},
  holders = true,
): Promise<MopServer> {
  const home = new Home(env, holders)
  return new MopServer(home, await home.serve(flags), flags)
}

export class MopServer {
  readonly home: Home
  served: Served
  #flags: string[]

  constructor(home: Home, served: Served, flags: string[]) {
    this.home = home
    this.served = served
    this.#flags = flags
  }

  get origin(): string {
    return this.served.origin
  }

  async request(path: string, init: RequestInit = {}): Promise<Answer> {
    const start = performance.now()
    const response = await fetch(this.origin + path, init)
    const text = await response.text()
    const json = response.headers.get("content-type")?.includes("json")
    return {
      status: response.status,
      body: json ? JSON.parse(text) : text,
      headers: response.headers,
      ms: performance.now() - start,
    }
  }

  post(path: string, body: unknown, headers: Record<string, string> = {}): Promise<Answer> {
    return this.request(path, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: JSON.stringify(body),
    })
  }

  process(): Promise<Answer> {
    return this.request("/mop/process")
  }

  /** Starts a session and waits until its output matches `prompt`. */
  async start(options: object = {}, prompt: RegExp | null = /[$#] $/): Promise<Client> {
    const { status, body } = await this.post("/mop/init", options)
    if (status !== 200) throw new Error(`init: ${status} ${JSON.stringify(body)}`)
    const client = new Client(this, body.key, body.public_key)
    if (prompt) await client.until(prompt)
    return client
  }

  /** Stops the server and starts it again with the same home, flags and port. */
  async restart(signal: NodeJS.Signals = "SIGTERM"): Promise<void> {
    const { port } = new URL(this.origin)
    await this.served.stop(signal)
    this.served = await this.home.serve(["--port", port, ...this.#flags])
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.served[Symbol.asyncDispose]()
    this.home[Symbol.dispose]()
  }
}

/** The client of one key. */
export class Client {
  readonly server: MopServer
  readonly key: string
  readonly publicKey: string

  constructor(server: MopServer, key: string, publicKey = "") {
    this.server = server
    this.key = key
    this.publicKey = publicKey
  }

  post(path: string, more: object = {}): Promise<Answer> {
    return this.server.post(path, { key: this.key, ...more })
  }

  write(stdin: string, newline?: boolean): Promise<Answer> {
    return this.post("/mop/write", { stdin, newline })
  }

  read(): Promise<Answer> {
    return this.post("/mop/read")
  }

  ping(): Promise<Answer> {
    return this.post("/mop/ping")
  }

  async text(): Promise<string> {
    const { body } = await this.read()
    return body.stdout.join("")
  }

  /** Waits until the output matches, and returns it. */
  async until(pattern: RegExp | string): Promise<string> {
    let text = ""
    const found = async () => {
      text = await this.text()
      return typeof pattern === "string" ? text.includes(pattern) : pattern.test(text)
    }
    await untilTrue(found, () => `${pattern}; the output is ${JSON.stringify(text)}`)
    return text
  }

  /** Waits until ping reports the end of the process. */
  async ended(): Promise<void> {
    await untilTrue(
      async () => (await this.ping()).status === 410,
      () => "the process to end",
    )
  }

  async alias(): Promise<string> {
    return (await this.post("/mop/alias")).body.alias
  }

  async socket(alias?: string): Promise<Sock> {
    const sock = new Sock(this.server, alias ?? (await this.alias()))
    await sock.opened
    return sock
  }
}

/** Polls a condition until it is true. */
export async function untilTrue(condition: () => Promise<boolean>, what: () => string): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`timed out waiting for ${what()}`)
    await Bun.sleep(10)
  }
}

type Frame = { stdout?: string; stderr?: string; status?: string; code?: number; http_status_code?: number }

/** A MOP socket that records its frames. */
export class Sock {
  readonly frames: Frame[] = []
  readonly opened: Promise<unknown>
  readonly closed: Promise<{ code: number; reason: string }>
  #socket: WebSocket
  #changed = Promise.withResolvers<void>()

  constructor(server: MopServer, alias: string) {
    this.#socket = new WebSocket(`${server.origin.replace("http", "ws")}/mop/power/sock/${alias}`)
    const [opened, closed] = [
      Promise.withResolvers<void>(),
      Promise.withResolvers<{ code: number; reason: string }>(),
    ]
    this.opened = Promise.race([opened.promise, closed.promise])
    this.closed = closed.promise
    this.#socket.onopen = () => opened.resolve()
    this.#socket.onclose = ({ code, reason }) => {
      closed.resolve({ code, reason })
      this.#wake()
    }
    this.#socket.onmessage = ({ data }) => {
      this.frames.push(JSON.parse(data))
      this.#wake()
    }
  }

  get text(): string {
    return this.frames.map(({ stdout = "" }) => stdout).join("")
  }

  send(frame: string | Uint8Array<ArrayBuffer> | object): void {
    this.#socket.send(
      typeof frame === "string" || frame instanceof Uint8Array ? frame : JSON.stringify(frame),
    )
  }

  async until(condition: () => boolean, what: string): Promise<void> {
    const timeout = Bun.sleep(PATIENCE_MS).then(() => "late" as const)
    while (!condition())
      if ((await Promise.race([this.#changed.promise, timeout])) === "late")
        throw new Error(`timed out waiting for ${what}; it got ${JSON.stringify(this.frames).slice(-2000)}`)
  }

  close(): void {
    this.#socket.close()
  }

  [Symbol.dispose](): void {
    this.close()
  }

  #wake(): void {
    this.#changed.resolve()
    this.#changed = Promise.withResolvers()
  }
}

/** A stream of server-sent events, as raw text. */
export class Stream {
  readonly response: Response
  text = ""
  ended = false
  #abort = new AbortController()
  #reading: Promise<void>

  private constructor(response: Response, abort: AbortController) {
    this.response = response
    this.#abort = abort
    this.#reading = this.#read()
  }

  static async open(client: Client): Promise<Stream> {
    const abort = new AbortController()
    const response = await fetch(`${client.server.origin}/mop/power/stream/read`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ key: client.key }),
      signal: abort.signal,
    })
    return new Stream(response, abort)
  }

  /** The frames without their final blank lines. */
  get frames(): string[] {
    return this.text.split("\n\n").slice(0, -1)
  }

  get stdout(): string {
    const data = this.frames.filter(frame => frame.startsWith("data: "))
    return data.map(frame => JSON.parse(frame.slice(6)).stdout).join("")
  }

  async until(condition: () => boolean, what: string): Promise<void> {
    await untilTrue(
      async () => condition(),
      () => `${what}; it got ${this.text.slice(-2000)}`,
    )
  }

  [Symbol.dispose](): void {
    this.#abort.abort()
    this.#reading.catch(() => {})
  }

  async #read(): Promise<void> {
    try {
      for await (const text of this.response.body!.pipeThrough(new TextDecoderStream())) this.text += text
    } catch {
      // the client aborted
    }
    this.ended = true
  }
}

export const base64Text = (text: string): string => Buffer.from(text, "base64").toString()

/** Sets waivers of a session. */
export const waive = (client: Client, ...names: string[]) =>
  client.post("/mop/waiver", { waivers: Object.fromEntries(names.map(name => [name, true])) })
