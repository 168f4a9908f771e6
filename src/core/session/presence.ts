// Lets a lease go when its holder is gone: a client that crashed must not lock a session for ever.

import type { Lease } from "../access/principal.ts"

/** How long a holder whose last connection closed has to come back, in ms: a reload, a change of network. */
const RETURN_MS = 10_000

/**
 * A holder with an open connection to the session is there. One whose last connection closed is gone after a short grace. One
 * that never had any (an agent, a script over HTTP) is gone when it did nothing for the time that its lease says.
 */
export class Presence {
  #lease: Lease
  #returnMs: number
  #connections = new Map<string, number>()
  #timer: ReturnType<typeof setTimeout> | undefined
  #deaf: () => void

  constructor(lease: Lease, returnMs = RETURN_MS) {
    this.#lease = lease
    this.#returnMs = returnMs
    this.#deaf = lease.listen(() => this.#await(lease.holder?.ttlMs))
  }

  /** A connection of `client` is open until the returned function is called. */
  arrive(client: string): () => void {
    this.#connections.set(client, (this.#connections.get(client) ?? 0) + 1)
    if (this.#holds(client)) clearTimeout(this.#timer)
    let here = true
    return () => {
      if (here) this.#leave(client)
      here = false
    }
  }

  /** `client` did something to the session. */
  acted(client?: string): void {
    if (this.#holds(client)) this.#await(this.#lease.holder?.ttlMs)
  }

  stop(): void {
    clearTimeout(this.#timer)
    this.#deaf()
  }

  #leave(client: string): void {
    const left = this.#connections.get(client)! - 1
    if (left > 0) return void this.#connections.set(client, left)
    this.#connections.delete(client)
    if (this.#holds(client)) this.#await(this.#returnMs)
  }

  #holds(client?: string): boolean {
    return this.#lease.holder !== null && this.#lease.holder.client === client
  }

  #await(ms: number | undefined): void {
    clearTimeout(this.#timer)
    const client = this.#lease.holder?.client
    if (client === undefined || this.#connections.has(client)) return
    this.#timer = setTimeout(() => this.#lease.release(client, "its client is gone"), ms)
  }
}
