// Presence of the lease's owner: a client that is gone loses the lease, so no crash locks a session.

import type { Lease } from "../access/lease.ts"

/** How long an owner may take to reconnect, in ms: a reload, a change of network. */
const RETURN_MS = 10_000

/** A connected owner is gone a short grace after its last connection, any other after `ttlMs` idle. */
export class Presence {
  #lease: Lease
  #returnMs: number
  #connections = new Map<string, number>()
  #timer: ReturnType<typeof setTimeout> | undefined
  #unsubscribe: () => void

  constructor(lease: Lease, returnMs = RETURN_MS) {
    this.#lease = lease
    this.#returnMs = returnMs
    this.#unsubscribe = lease.listen(() => this.#await(lease.owner?.ttlMs))
  }

  /** Counts a connection of `client` until the returned function is called. */
  arrive(client: string): () => void {
    this.#connections.set(client, (this.#connections.get(client) ?? 0) + 1)
    if (this.#owns(client)) clearTimeout(this.#timer)
    let here = true
    return () => {
      if (here) this.#leave(client)
      here = false
    }
  }

  acted(client?: string): void {
    if (this.#owns(client)) this.#await(this.#lease.owner?.ttlMs)
  }

  stop(): void {
    clearTimeout(this.#timer)
    this.#unsubscribe()
  }

  #leave(client: string): void {
    const left = this.#connections.get(client)! - 1
    if (left > 0) return void this.#connections.set(client, left)
    this.#connections.delete(client)
    if (this.#owns(client)) this.#await(this.#returnMs)
  }

  #owns(client?: string): boolean {
    return this.#lease.owner !== null && this.#lease.owner.client === client
  }

  /** Frees the lease in `ms` unless its owner is connected. */
  #await(ms: number | undefined): void {
    clearTimeout(this.#timer)
    const client = this.#lease.owner?.client
    if (client === undefined || this.#connections.has(client)) return
    this.#timer = setTimeout(() => this.#lease.release(client, "its client is gone"), ms)
  }
}
