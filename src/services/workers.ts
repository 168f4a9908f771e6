// Workers: processes that listen on the server's port too and forward everything to it.

import { childEnvironment } from "../core/access/policy.ts"
import { type ServiceInfo, Supervised } from "./supervised.ts"

const STOP_GRACE_MS = 1000

/** Configuration that a worker reads from stdin, as a line of JSON. Stdin ends when the server does. */
export type WorkerConfig = {
  /** The core's socket for its workers. */
  unix: string
  address: { hostname: string; port: number; tls?: { cert: string; key: string } }
}

export class Workers {
  readonly #workers: Supervised[]

  /** `command` starts one worker. */
  constructor(count: number, command: string[], config: WorkerConfig, onEnd: (info: ServiceInfo) => void) {
    const plan = async () => ({
      argv: command,
      cwd: "/",
      env: childEnvironment(process.env, false),
      input: `${JSON.stringify(config)}\n`,
    })
    this.#workers = Array.from({ length: count }, (_, i) => new Supervised(`worker ${i + 1}`, plan, onEnd))
  }

  start(): void {
    for (const worker of this.#workers) worker.start()
  }

  async stop(): Promise<void> {
    await Promise.all(this.#workers.map(worker => worker.stop(STOP_GRACE_MS)))
  }
}
