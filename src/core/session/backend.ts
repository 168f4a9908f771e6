// The backend interface: how the core runs a program and gets its output.

import type { Signal } from "../lib/units.ts"

export type Size = { cols: number; rows: number }
export type Stream = "pty" | "stdout" | "stderr"

/** Exactly one of the two is null; both are null when the process vanished and its status is unknown. */
export type ExitStatus = { code: number | null; signal: string | null }
/** `at`: the time of the exit in ms since the epoch, if it was not now. */
export type ProcessExit = ExitStatus & { at?: number }

/** `argv` is not empty; `cwd` is absolute and exists; `env` is the child's complete environment. */
export type Spec = {
  argv: string[]
  cwd: string
  env: Record<string, string>
  size: Size
  echo: boolean
  /** Starts the terminal without line editing, echo and newline translation. Its signal keys work. */
  raw?: boolean
  /** Reports input that the terminal echoes; see `Sink.input`. */
  recordInput?: boolean
  /** The workspace, for backends that group sessions. */
  workspace?: string
}

/** After the end every method does nothing. `close` may be called repeatedly. No method may block. */
export interface Process {
  readonly pid: number
  /**
   * Sends input, in call order. Queues what the child does not read yet. Throws `invalid_input` for input
   * that a terminal would drop; a process in a holder rejects with it later.
   */
  write(data: Uint8Array): void | Promise<void>
  /** Whether the program waits for input; null when that is unknown. Missing in backends that never know. */
  awaitsInput?(): boolean | null
  /** Bytes queued and not yet handed to the operating system. */
  pending(): number
  /** Ends the input: closes a pipe, or sends the end-of-file character to a terminal. */
  eof(): void
  resize(size: Size): void
  /** Sends keyboard signals to the foreground job, others to the child's process group. */
  signal(name: Signal): void
  /** Ends the process tree: HUP and TERM, then KILL after `graceMs`. Resolves when no process is left. */
  terminate(graceMs: number): Promise<void>
  /** Closes descriptors. Does not wait for the child. */
  close(): void
}

/**
 * Receives a backend's reports, also before `spawn` returns. `exit` and `end` come once each, in any order;
 * `output` never comes after `end`. The core owns the bytes given to `output`: do not write to them again.
 */
export interface Sink {
  output(bytes: Uint8Array, stream: Stream): void
  exit(status: ProcessExit): void
  end(): void
  /** Skips output up to offset `to`. Only for output from a holder or an earlier server. */
  skip?(to: number): void
  /** Whether a reader waits for output. If not, it may come late, and stored output may be skipped. */
  watched?(): boolean
  /**
   * Reports input that the terminal got while it echoed. `place` is the end of the log and the time, if not
   * now. Called only when the spec asks for it, and never while echo is off, as at a password prompt.
   */
  input?(bytes: Uint8Array, place?: { offset: number; at: number }): void
}

/** One way to run a program, and what it can do. */
export interface Backend {
  readonly kind: string
  readonly tty: boolean
  /** Whether stdout and stderr can each have their own log. */
  readonly separateStreams?: boolean
  /** Whether a holder can run it: for every session, or only on request. Left out: never. */
  readonly durable?: "default" | "on_request"
  /** Whether a later server can find its processes again without a holder. See `Recovery`. */
  readonly recoverable?: boolean
  /** Whether another terminal emulator already answers the program's terminal queries. */
  readonly answers?: boolean
  /** Returns why this machine cannot run it, or null. Left out: every machine can. */
  unavailable?(): string | null
  /** Throws `spawn_failed` when the command cannot run, `unavailable` when the backend cannot work here. */
  spawn(spec: Spec, sink: Sink): Process
}
