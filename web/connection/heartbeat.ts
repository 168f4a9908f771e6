// Detection of a dead connection that never closed: a paused server, a lost network, a laptop that slept.

const EVERY_MS = 10_000
const ANSWER_MS = 5_000

type HeartbeatHooks = { ping: () => void; dead: () => void }

export class Heartbeat {
  readonly #hooks: HeartbeatHooks
  #next: ReturnType<typeof setTimeout> | undefined
  #limit: ReturnType<typeof setTimeout> | undefined

  constructor(hooks: HeartbeatHooks) {
    this.#hooks = hooks
  }

  /** Notes a frame from the server. */
  alive(): void {
    this.stop()
    this.#next = setTimeout(() => this.probe(), EVERY_MS)
  }

  /** Pings the server now. */
  probe(): void {
    this.stop()
    this.#hooks.ping()
    this.#limit = setTimeout(() => this.#hooks.dead(), ANSWER_MS)
  }

  stop(): void {
    clearTimeout(this.#next)
    clearTimeout(this.#limit)
  }
}
