// Server with holders that a test can kill and restart. Its sessions end with the test.

import { Home, program, type Served } from "../program.ts"

export type Info = {
  id: string
  pid: number
  state: string
  exit: { code: number | null } | null
  durable: boolean
  warnings: string[]
  relaunches: number
  log: { end: number }
}

export class RestartableServer {
  readonly home = new Home({}, true)
  served!: Served
  #flags: string[] = []
  readonly #commands: string[][]
  #starts = 0

  /** `commands` start the server, one after the other, and then the first one again. */
  constructor(commands: string[][] = [program()]) {
    this.#commands = commands
  }

  /** Starts the server, on the same port as before. `flags` apply to later starts too. */
  async start(flags = this.#flags): Promise<void> {
    this.#flags = flags
    const port = this.served ? new URL(this.served.origin).port : "0"
    const command = this.#commands[this.#starts++ % this.#commands.length]
    this.served = await this.home.serve(["--port", port, ...this.#flags], {}, command)
  }

  async kill(): Promise<void> {
    await this.served.stop("SIGKILL")
  }

  async call(method: string, path: string, body?: unknown): Promise<Info> {
    const response = await this.served.fetch(path, { method, body: body ? JSON.stringify(body) : undefined })
    if (!response.ok) throw new Error(`${response.status} ${await response.text()}`)
    return response.json() as Promise<Info>
  }

  create(request: object): Promise<Info> {
    return this.call("POST", "/v1/sessions", request)
  }

  info(id: string): Promise<Info> {
    return this.call("GET", `/v1/sessions/${id}`)
  }

  /** Ends all sessions, so that no holder outlives the test, and then the server. */
  async end(): Promise<void> {
    if (this.served.child.process.exitCode !== null || this.served.child.process.signalCode)
      await this.start()
    const { sessions } = (await (await this.served.fetch("/v1/sessions")).json()) as { sessions: Info[] }
    await Promise.all(sessions.map(({ id }) => this.call("DELETE", `/v1/sessions/${id}?grace_ms=100`)))
    await this.served.stop()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end()
    this.home[Symbol.dispose]()
  }
}

export async function restartable(...flags: string[]): Promise<RestartableServer> {
  return started(new RestartableServer(), flags)
}

/** `commands`: see `RestartableServer`. */
export async function restartableWith(commands: string[][]): Promise<RestartableServer> {
  return started(new RestartableServer(commands), [])
}

async function started(server: RestartableServer, flags: string[]): Promise<RestartableServer> {
  await server.start(flags)
  return server
}
