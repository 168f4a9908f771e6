// Child process of `ptyline run`: inherits stdin; its output is read no faster than the caller takes it.

import { closeSync } from "node:fs"
import type { Signal } from "../../core/lib/units.ts"
import type { ExitStatus, Process, Spec, Stream } from "../../core/session/backend.ts"
import { spawnFailure } from "./failure.ts"
import { exitStatus } from "./local-process.ts"
import { makePipe, type Pipe } from "./pipes.ts"
import { kill, type Root, rootOf, sessionIdOf, terminateTree } from "./tree.ts"

/** Handles output. The next piece is read after the promise resolves. */
type OutputHandler = (bytes: Uint8Array, stream: Stream) => Promise<void>
/** A stream without a handler is inherited from the caller. */
type OutputHandlers = { stdout?: OutputHandler; stderr?: OutputHandler }

/** A child on the caller's stdin. `exited` and `ended` (no more output) resolve in either order. */
export class ForegroundChild implements Pick<Process, "pid" | "signal" | "terminate"> {
  readonly pid: number
  readonly exited: Promise<ExitStatus>
  /** Rejects when a handler rejects. */
  readonly ended: Promise<void>
  #root: Root

  /** Throws `spawn_failed`. */
  constructor(spec: Spec, handlers: OutputHandlers) {
    const pipes = { stdout: handlers.stdout && makePipe(), stderr: handlers.stderr && makePipe() }
    const exited = Promise.withResolvers<ExitStatus>()
    const child = spawn(spec, pipes, exited.resolve)
    this.pid = child.pid
    this.exited = exited.promise
    this.#root = rootOf(this.pid, sessionIdOf(spec))
    const read = (name: "stdout" | "stderr") => {
      const handler = handlers[name]
      return handler && drain(pipes[name]?.ours ?? (child[name] as ReadableStream<Uint8Array>), name, handler)
    }
    this.ended = Promise.all([read("stdout"), read("stderr")]).then(() => {})
  }

  signal(name: Signal): void {
    kill(-this.pid, `SIG${name}`)
  }

  terminate(graceMs: number): Promise<void> {
    return terminateTree(this.#root, graceMs)
  }
}

function spawn(
  spec: Spec,
  pipes: { stdout?: Pipe | null; stderr?: Pipe | null },
  onExit: (status: ExitStatus) => void,
): Bun.Subprocess {
  const output = (pipe?: Pipe | null) => (pipe === undefined ? "inherit" : (pipe?.theirs ?? "pipe"))
  const all = [pipes.stdout, pipes.stderr].filter(pipe => !!pipe)
  try {
    return Bun.spawn(spec.argv, {
      cwd: spec.cwd,
      env: spec.env,
      stdin: "inherit",
      stdout: output(pipes.stdout),
      stderr: output(pipes.stderr),
      detached: true,
      onExit: (_, code, signal) => onExit(exitStatus(code, signal)),
    })
  } catch (error) {
    for (const { ours } of all) closeSync(ours)
    throw spawnFailure(error, spec, "a pipe")
  } finally {
    for (const { theirs } of all) closeSync(theirs)
  }
}

async function drain(
  from: number | ReadableStream<Uint8Array>,
  name: Stream,
  handle: OutputHandler,
): Promise<void> {
  const reader = (typeof from === "number" ? Bun.file(from).stream() : from).getReader()
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      await handle(value, name)
    }
  } finally {
    void reader.cancel().catch(() => {})
    if (typeof from === "number") closeSync(from)
  }
}
