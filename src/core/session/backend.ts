// The seam to the operating system: what a backend is, and what the core expects of a process.

export type Size = { cols: number; rows: number }
export type Stream = "pty" | "stdout" | "stderr"

/** Exactly one of the two is null; both are when the process vanished and nobody saw how. */
export type ExitStatus = { code: number | null; signal: string | null }
/** `at`: when, in ms since 1970, if that was earlier than now. */
export type ProcessExit = ExitStatus & { at?: number }

/** Signals a caller may name (contract native, operation `signal`). */
export const SIGNALS = [
  "INT",
  "TERM",
  "KILL",
  "HUP",
  "QUIT",
  "USR1",
  "USR2",
  "TSTP",
  "CONT",
  "WINCH",
] as const
export type Signal = (typeof SIGNALS)[number]

/** What to run. `argv` is never empty; `cwd` is absolute and exists; `env` is the child's whole environment. */
export type Spec = {
  argv: string[]
  cwd: string
  env: Record<string, string>
  size: Size
  echo: boolean
  /** The terminal begins without line editing, echo and newline translation; its signal keys work. */
  raw?: boolean
  /** Report input that the terminal echoes, see `Sink.input`. */
  recordInput?: boolean
  /** Names what this belongs to, for backends that put such things together. */
  workspace?: string
}

/**
 * A running child. After it ended every method is a no-op; `close` may be called at any time and any number of times.
 * A backend must not block the event loop in any of them.
 */
export interface Process {
  readonly pid: number
  /**
   * Input in call order; what the child does not take yet waits here, and is ours until it does. Throws
   * `invalid_input` for what a terminal would drop; a process that is held elsewhere rejects with it later.
   */
  write(data: Uint8Array): void | Promise<void>
  /** Is the program blocked until somebody types? Null when that cannot be known of this one; left out where it never can. */
  awaitsInput?(): boolean | null
  /** Bytes written and not yet handed to the operating system. */
  pending(): number
  /** End of input: closes a pipe; on a terminal sends the end-of-file character. */
  eof(): void
  resize(size: Size): void
  /** Keyboard signals go to the foreground job, the others to the child's process group. */
  signal(name: Signal): void
  /** Ends the whole process tree: HUP and TERM, `graceMs`, then KILL. Resolves when none of it is left. */
  terminate(graceMs: number): Promise<void>
  /** Releases descriptors. The child is not waited for. */
  close(): void
}

/**
 * Where a backend reports. `exit` and `end` come once each, in either order; `output` never after `end`.
 * A chunk given to `output` belongs to the core from then on: the backend must not write to its memory again.
 */
export interface Sink {
  output(bytes: Uint8Array, stream: Stream): void
  exit(status: ProcessExit): void
  end(): void
  /** Output up to the absolute offset `to` is lost; it goes on there. Only for output that had an earlier life elsewhere. */
  skip?(to: number): void
  /** False when nobody waits for output now: it may come late then, and what is kept elsewhere may be skipped. */
  watched?(): boolean
  /**
   * Input that the terminal got while it echoed, and where the log ended then, if that is not here and now. Only when the
   * spec asks for it, and never while echo is off, as at a password prompt.
   */
  input?(bytes: Uint8Array, place?: { offset: number; at: number }): void
}

/** One way to run a program, and what it can do. */
export interface Backend {
  readonly kind: string
  /** Whether the program gets a terminal. */
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
  /** Throws `spawn_failed` when the command cannot run and `unavailable` when the backend cannot work here. */
  spawn(spec: Spec, sink: Sink): Process
}
