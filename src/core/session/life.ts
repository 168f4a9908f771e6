// The life of a session's process: start, exit, output after the exit, and a requested end.

import { PtylineError } from "../lib/errors.ts"
import type { Wake } from "../lib/wake.ts"
import type { ExitStatus, Process, ProcessExit } from "./backend.ts"

type SessionState = "running" | "exited" | "finished" | "removed"
/** Code and signal are both null for a lost process, whose status is unknown. */
export type Exit = ExitStatus & { at: Date }
/** Why the server ended a session: a client asked for it, or its time limit was reached. */
export type EndReason = "killed" | "timeout"

/** How long output may stay open after the exit before `tail_open` is announced, in ms. */
const TAIL_GRACE_MS = 250

export type LifeState = Readonly<
  Pick<Life, "state" | "exit" | "endReason" | "tailOpen" | "closed" | "lost" | "pid">
>

interface LifeOwner {
  label(): string
  readonly changed: Wake
  exited(): void
  /** All output has come; the process is closed next. */
  complete(): void
  alter(): void
}

export class Life {
  state: SessionState = "running"
  exit: Exit | null = null
  /** Set when the server ended it while it ran. */
  endReason: EndReason | null = null
  /** Whether the process ended while another process still has its output open. */
  tailOpen = false
  process: Process | null = null
  #owner: LifeOwner
  #tailTimer: ReturnType<typeof setTimeout> | undefined
  #outputEnded = false
  #terminating: { graceMs: number; done: Promise<void> } | null = null

  constructor(owner: LifeOwner) {
    this.#owner = owner
  }

  start(process: Process): void {
    this.process = process
    if (this.#outputEnded && this.exit) process.close()
  }

  /** The process, while it runs. Throws `not_running`. */
  get live(): Process {
    if (this.state === "running" && this.process) return this.process
    throw new PtylineError("not_running", `session ${this.#owner.label()} has ended`, { exit: this.exit })
  }

  /** Whether no further output is announced, so that the exit event may be delivered. */
  get closed(): boolean {
    return this.state === "finished" || this.state === "removed" || (this.state === "exited" && this.tailOpen)
  }

  /** Process id; 0 before the start. */
  get pid(): number {
    return this.process?.pid ?? 0
  }

  /** Whether the process vanished, so that its exit status is unknown. */
  get lost(): boolean {
    return this.exit !== null && this.exit.code === null && this.exit.signal === null
  }

  end(graceMs: number, reason: EndReason): Promise<void> {
    if (!this.exit) this.endReason ??= reason
    if (this.#terminating && graceMs < this.#terminating.graceMs) {
      this.#terminating.graceMs = graceMs
      void this.process?.terminate(graceMs)
    }
    this.#terminating ??= { graceMs, done: this.#terminate(graceMs) }
    return this.#terminating.done
  }

  /** Also ends the processes that the program left running. */
  async #terminate(graceMs: number): Promise<void> {
    await this.process?.terminate(graceMs)
    const settled = AbortSignal.timeout(TAIL_GRACE_MS + 2000)
    while (!this.closed && !settled.aborted) await this.#owner.changed.wait(settled)
  }

  /** Reports the exit; only the first report counts. */
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

  /** Marks the session as removed and closes the descriptors of its process. */
  remove(): void {
    clearTimeout(this.#tailTimer)
    this.process?.close()
    this.state = "removed"
  }
}
