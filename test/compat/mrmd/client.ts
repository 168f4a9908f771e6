// A test server with the mrmd surface, and a test client that records the frames of its socket.

import { Wake } from "../../../src/core/lib/wake.ts"
import { PATIENCE_MS } from "../../helpers.ts"
import { Home, type Served } from "../../program.ts"

export type Listed = Record<"session_id" | "name" | "cwd" | "created_at" | "last_activity", string> & {
  venv: string | null
  shell: string | null
  file_path: string | null
}

/** A server with the surface enabled, without authentication, and with its own home directory. */
export class Mrmd {
  readonly home: Home
  readonly served: Served
  readonly origin: string

  private constructor(home: Home, served: Served) {
    this.home = home
    this.served = served
    this.origin = served.origin
  }

  static async start(flags: string[] = [], env: Record<string, string> = {}): Promise<Mrmd> {
    // with holders, as in production
    const home = new Home({ SHELL: "/bin/sh", PS1: "$ ", ...env }, true)
    return new Mrmd(home, await home.serve(["--mrmd", "--no-auth", ...flags]))
  }

  get pid(): number {
    return this.served.child.pid
  }

  /** Sends a POST. Text is sent unchanged, other bodies as JSON. */
  post(path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Response> {
    const text = typeof body === "string" || body === undefined ? body : JSON.stringify(body)
    return fetch(this.origin + path, { method: "POST", body: text, headers })
  }

  async list(): Promise<Listed[]> {
    const answer = await fetch(`${this.origin}/api/terminals`)
    return ((await answer.json()) as { terminals: Listed[] }).terminals
  }

  async listed(id: string): Promise<Listed | undefined> {
    return (await this.list()).find(({ session_id }) => session_id === id)
  }

  kill(id: string): Promise<Response> {
    return this.post("/api/pty/kill", { session_id: id })
  }

  /** Joins a terminal. Resolves when the socket is open. */
  join(id: string, query: Record<string, string> = {}): Promise<Client> {
    return Client.open(this.origin, { session_id: id, ...query })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.served[Symbol.asyncDispose]()
    this.home[Symbol.dispose]()
  }
}

export class Client {
  readonly socket: WebSocket
  readonly frames: (string | ArrayBuffer)[] = []
  closed: number | null = null
  #changed = new Wake()

  constructor(origin: string, query: Record<string, string>, headers: Record<string, string> = {}) {
    const url = `${origin.replace("http", "ws")}/api/pty?${new URLSearchParams(query)}`
    this.socket = new WebSocket(url, { headers } as never)
    this.socket.binaryType = "arraybuffer"
    this.socket.onmessage = ({ data }) => {
      this.frames.push(data as string | ArrayBuffer)
      this.#changed.fire()
    }
    this.socket.onopen = () => this.#changed.fire()
    this.socket.onclose = ({ code }) => {
      this.closed = code
      this.#changed.fire()
    }
  }

  static async open(
    origin: string,
    query: Record<string, string>,
    headers?: Record<string, string>,
  ): Promise<Client> {
    const client = new Client(origin, query, headers)
    await client.until(() => client.socket.readyState === WebSocket.OPEN, "the socket to open")
    return client
  }

  get text(): string {
    return this.frames.join("")
  }

  get open(): boolean {
    return this.closed === null && this.socket.readyState === WebSocket.OPEN
  }

  async until(condition: () => boolean, what: string): Promise<void> {
    const late = AbortSignal.timeout(PATIENCE_MS)
    while (!condition()) {
      if (late.aborted || (this.closed !== null && !condition()))
        throw new Error(`no ${what}; closed: ${this.closed}; text: ${JSON.stringify(this.text.slice(-2000))}`)
      await this.#changed.wait(late)
    }
  }

  /** Waits until the text from character `from` on matches, and returns the match. */
  async sees(pattern: string | RegExp, from = 0): Promise<RegExpExecArray> {
    const expression = typeof pattern === "string" ? new RegExp(RegExp.escape(pattern)) : pattern
    await this.until(() => expression.test(this.text.slice(from)), `text like ${expression}`)
    return expression.exec(this.text.slice(from))!
  }

  send(frame: unknown): void {
    this.socket.send(typeof frame === "string" ? frame : JSON.stringify(frame))
  }

  type(data: string): void {
    this.send({ type: "input", data })
  }

  resize(cols: unknown, rows: unknown): void {
    this.send({ type: "resize", cols, rows })
  }

  /**
   * Runs a line in the shell and returns its output, which is printed between marks that the echo does not
   * contain.
   */
  async run(line: string): Promise<string> {
    const from = this.text.length
    this.type(`echo "<"'<'; ${line}; echo ">"'>'\n`)
    return (await this.sees(/<<\r\n([\s\S]*?)>>\r\n/, from))[1]!.replaceAll("\r\n", "\n").trimEnd()
  }

  async close(): Promise<void> {
    this.socket.close()
    await this.until(() => this.closed !== null, "close")
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }
}

export const alive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
