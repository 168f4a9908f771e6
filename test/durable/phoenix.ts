// A server that is killed and started again, with sessions in holders; none of them outlives the test.

import { Home, type Served } from "../program.ts"

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

/** A server that can be killed and started again on its port. */
export class Phoenix {
  readonly home = new Home({}, true)
  served!: Served
  #flags: string[] = []

  /** `flags` hold for later starts, too, unless others are given. */
  async rise(flags = this.#flags): Promise<void> {
    this.#flags = flags
    const port = this.served ? new URL(this.served.origin).port : "0"
    this.served = await this.home.serve(["--port", port, ...flags])
  }

  async kill(): Promise<void> {
    await this.served.stop("SIGKILL")
  }

  async call(method: string, path: string, body?: unknown): Promise<Info> {
    const response = await this.served.fetch(path, { method, body: body ? JSON.stringify(body) : undefined })
    if (!response.ok) throw new Error(`${response.status} ${await response.text()}`)
    return response.json() as Promise<Info>
  }

  create(what: object): Promise<Info> {
    return this.call("POST", "/v1/sessions", what)
  }

  info(id: string): Promise<Info> {
    return this.call("GET", `/v1/sessions/${id}`)
  }

  /** Ends what is left, so that no holder outlives the test, and the server. */
  async end(): Promise<void> {
    if (this.served.child.process.exitCode !== null || this.served.child.process.signalCode) await this.rise()
    const { sessions } = (await (await this.served.fetch("/v1/sessions")).json()) as { sessions: Info[] }
    await Promise.all(sessions.map(({ id }) => this.call("DELETE", `/v1/sessions/${id}?grace_ms=100`)))
    await this.served.stop()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end()
    this.home[Symbol.dispose]()
  }
}

export async function phoenix(...flags: string[]): Promise<Phoenix> {
  const server = new Phoenix()
  await server.rise(flags)
  return server
}
