// A child process of this machine: the parts of `Process` that all local backends share.

import type { Signal } from "../../core/lib/units.ts"
import type { Process, Size } from "../../core/session/backend.ts"
import { InputQueue } from "./input-queue.ts"
import { kill, type Root, rootOf, terminateTree } from "./tree.ts"

/** A backend adds how input and sizes reach the child, and what it must release. */
export abstract class LocalProcess implements Process {
  protected readonly input: InputQueue
  protected exited = false
  protected closed = false
  #root!: Root

  /** `pieceSize`: see `InputQueue`. */
  constructor(pieceSize: number) {
    this.input = new InputQueue(pieceSize, piece => this.send(piece))
  }

  abstract write(data: Uint8Array): void
  abstract eof(): void
  abstract resize(size: Size): void
  /** Hands a piece of input to the system. See `InputQueue`. */
  protected abstract send(piece: Uint8Array): Promise<void> | undefined
  /** Releases descriptors. Called once. */
  protected abstract release(): void

  /** Sets the child. The constructor of a backend calls this once it has spawned it. */
  protected started(pid: number, sessionId: string): void {
    this.#root = rootOf(pid, sessionId)
  }

  get pid(): number {
    return this.#root.pid
  }

  pending(): number {
    return this.input.pending
  }

  signal(name: Signal): void {
    if (!this.exited) kill(-this.groupFor(name), `SIG${name}`)
  }

  /** Returns the process group that a signal goes to. */
  protected groupFor(_name: Signal): number {
    return this.pid
  }

  terminate(graceMs: number): Promise<void> {
    return terminateTree(this.#root, graceMs)
  }

  close(): void {
    if (this.closed) return
    this.closed = true
    this.input.close()
    this.release()
  }
}
