// A client of MOP's endpoints for tests: what a script of MOP's users would do, and a server for it to talk to.

import { PATIENCE_MS } from "../../helpers.ts"
import { Home, type Served } from "../../program.ts"

// biome-ignore lint/suspicious/noExplicitAny: answers are whatever the server says; the tests look at their fields
export type Answer = { status: number; body: any; headers: Headers; ms: number }

export const BASH = ["--no-auth", "-c", "bash --norc --noprofile"]

/** A server with a command, and its home; sessions run in holders as they do for users, unless `holders` is false. */
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
    const begun = performance.now()
    const response = await fetch(this.origin + path, init)
    const text = await response.text()
    const json = response.headers.get("content-type")?.includes("json")
    return {
      status: response.status,
      body: json ? JSON.parse(text) : text,
      headers: response.headers,
      ms: performance.now() - begun,
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

  /** Starts a session and waits for its prompt, or whatever its first output is to match. */
  async start(wishes: object = {}, prompt: RegExp | null = /[$#] $/): Promise<Client> {
    const { status, body } = await this.post("/mop/init", wishes)
    if (status !== 200) throw new Error(`init: ${status} ${JSON.stringify(body)}`)
    const client = new Client(this, body.key, body.public_key)
    if (prompt) await client.until(prompt)
    return client
  }

  /** The same server once more: same home, same flags, same port. */
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

/** One key. */
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

  /** Waits until what was printed matches; answers all of it. */
  async until(pattern: RegExp | string): Promise<string> {
    let text = ""
    const found = async () => {
      text = await this.text()
      return typeof pattern === "string" ? text.includes(pattern) : pattern.test(text)
    }
    await untilTrue(found, () => `${pattern}; it printed ${JSON.stringify(text)}`)
    return text
  }

  /** Waits until ping says that the process ended. */
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

/** Asks until the answer is yes; for facts nobody announces to a polling client. */
export async function untilTrue(condition: () => Promise<boolean>, what: () => string): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`waited in vain for ${what()}`)
    await Bun.sleep(10)
  }
}

type Frame = { stdout?: string; stderr?: string; status?: string; code?: number; http_status_code?: number }

/** A socket of MOP's and what came over it. */
export class Sock {
  readonly frames: Frame[] = []
  readonly opened: Promise<unknown>
  readonly closed: Promise<{ code: number; reason: string }>
  #socket: WebSocket
  #news = Promise.withResolvers<void>()

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
    const late = Bun.sleep(PATIENCE_MS).then(() => "late" as const)
    while (!condition())
      if ((await Promise.race([this.#news.promise, late])) === "late")
        throw new Error(`waited in vain for ${what}; it got ${JSON.stringify(this.frames).slice(-2000)}`)
  }

  close(): void {
    this.#socket.close()
  }

  [Symbol.dispose](): void {
    this.close()
  }

  #wake(): void {
    this.#news.resolve()
    this.#news = Promise.withResolvers()
  }
}

/** A stream of server-sent events as raw text, frame by frame. */
export class Stream {
  readonly response: Response
  text = ""
  ended = false
  #gone = new AbortController()
  #reading: Promise<void>

  private constructor(response: Response, gone: AbortController) {
    this.response = response
    this.#gone = gone
    this.#reading = this.#read()
  }

  static async open(client: Client): Promise<Stream> {
    const gone = new AbortController()
    const response = await fetch(`${client.server.origin}/mop/power/stream/read`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ key: client.key }),
      signal: gone.signal,
    })
    return new Stream(response, gone)
  }

  /** Each frame's lines without the blank one behind it. */
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
    this.#gone.abort()
    this.#reading.catch(() => {})
  }

  async #read(): Promise<void> {
    try {
      for await (const text of this.response.body!.pipeThrough(new TextDecoderStream())) this.text += text
    } catch {
      // this side left
    }
    this.ended = true
  }
}

export const base64Text = (text: string): string => Buffer.from(text, "base64").toString()

/** Sets waivers of a session. */
export const waive = (client: Client, ...names: string[]) =>
  client.post("/mop/waiver", { waivers: Object.fromEntries(names.map(name => [name, true])) })
