// The life of a session's process: its start, its exit, the output that still comes after, and an end that somebody asked for.

import { PtylineError } from "../lib/errors.ts"
import type { Wake } from "../lib/wake.ts"
import type { ExitStatus, Process, ProcessExit } from "./backend.ts"

export type SessionState = "running" | "exited" | "finished" | "removed"
/** A process whose end nobody saw is lost: both are null then. */
export type Exit = ExitStatus & { at: Date }
/** Why a session was ended from outside: somebody asked for it, or its time was up. */
export type EndReason = "killed" | "timeout"

/** How long after the process ended its output may stay open before that is announced as `tail_open`, in ms. */
const TAIL_GRACE_MS = 250

/** The readable part of a session's life. */
export type LifeState = Readonly<
  Pick<Life, "state" | "exit" | "endReason" | "tailOpen" | "closed" | "lost" | "pid">
>

/** Whose process it is, and what it hears of it. */
export interface Owner {
  label(): string
  readonly changed: Wake
  exited(): void
  /** All output is there; its process is about to be let go. */
  complete(): void
  alter(): void
}

export class Life {
  state: SessionState = "running"
  exit: Exit | null = null
  /** Set when it was ended while it ran. */
  endReason: EndReason | null = null
  /** The process ended, and something else still holds its output open. */
  tailOpen = false
  process: Process | null = null
  #owner: Owner
  #tailTimer: ReturnType<typeof setTimeout> | undefined
  #outputEnded = false
  #terminating: { graceMs: number; done: Promise<void> } | null = null

  constructor(owner: Owner) {
    this.#owner = owner
  }

  start(process: Process): void {
    this.process = process
    if (this.#outputEnded && this.exit) process.close()
  }

  /** The process while it runs. Throws `not_running`. */
  get live(): Process {
    if (this.state === "running" && this.process) return this.process
    throw new PtylineError("not_running", `session ${this.#owner.label()} has ended`, { exit: this.exit })
  }

  /** True once no further output is announced: the exit event may be delivered. */
  get closed(): boolean {
    return this.state === "finished" || this.state === "removed" || (this.state === "exited" && this.tailOpen)
  }

  /** Process id; 0 before the start. */
  get pid(): number {
    return this.process?.pid ?? 0
  }

  /** Did the process vanish, so that nobody knows how it ended? */
  get lost(): boolean {
    return this.exit !== null && this.exit.code === null && this.exit.signal === null
  }

  /** See `Session.end`. */
  end(graceMs: number, reason: EndReason): Promise<void> {
    if (!this.exit) this.endReason ??= reason
    if (this.#terminating && graceMs < this.#terminating.graceMs) {
      this.#terminating.graceMs = graceMs
      void this.process?.terminate(graceMs)
    }
    this.#terminating ??= { graceMs, done: this.#terminate(graceMs) }
    return this.#terminating.done
  }

  /** Also after the program's own end: what it left behind belongs to the session. */
  async #terminate(graceMs: number): Promise<void> {
    await this.process?.terminate(graceMs)
    const settled = AbortSignal.timeout(TAIL_GRACE_MS + 2000)
    while (!this.closed && !settled.aborted) await this.#owner.changed.wait(settled)
  }

  /** The process ended; only the first report counts. */
  exited({ code, signal, at }: ProcessExit): void {
    if (this.exit) return
    this.exit = { code, signal, at: at === undefined ? new Date() : new Date(at) }
    if (this.state === "running") this.state = "exited"
    this.#owner.exited()
    if (this.#outputEnded) return this.#finish()
    this.#tailTimer = setTimeout(() => {
      this.tailOpen = true
      this.#owner.alter()
    }, TAIL_GRACE_MS)
    this.#owner.alter()
  }

  /** No more output comes. */
  outputEnded(): void {
    this.#outputEnded = true
    if (this.exit) this.#finish()
  }

  #finish(): void {
    clearTimeout(this.#tailTimer)
    this.#owner.complete()
    this.process?.close()
    this.tailOpen = false
    if (this.state === "exited") this.state = "finished"
    this.#owner.alter()
  }

  /** The session leaves the world; a process that is left loses its descriptors. */
  remove(): void {
    clearTimeout(this.#tailTimer)
    this.process?.close()
    this.state = "removed"
  }
}
