// Child process of `ptyline run`: inherits stdin; its output is read no faster than the caller takes it.

import { spawnChild } from "#runtime/spawn.ts"
import type { Signal } from "../../core/lib/units.ts"
import type { ExitStatus, Process, Spec, Stream } from "../../core/session/backend.ts"
import type { DescriptorReader, SpawnedChild } from "../../runtime/types.ts"
import { spawnFailure } from "./failure.ts"
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
    const exited = Promise.withResolvers<ExitStatus>()
    const child = spawn(spec, handlers, exited.resolve)
    this.pid = child.pid
    this.exited = exited.promise
    this.#root = rootOf(this.pid, sessionIdOf(spec))
    const read = (name: "stdout" | "stderr") => child[name] && drain(child[name], name, handlers[name]!)
    this.ended = Promise.all([read("stdout"), read("stderr")]).then(() => {})
  }

  signal(name: Signal): void {
    kill(-this.pid, `SIG${name}`)
  }

  terminate(graceMs: number): Promise<void> {
    return terminateTree(this.#root, graceMs)
  }
}

function spawn(spec: Spec, handlers: OutputHandlers, onExit: (status: ExitStatus) => void): SpawnedChild {
  const output = (name: "stdout" | "stderr") => (handlers[name] ? "piped" : "inherited")
  const streams = { stdin: "inherited", stdout: output("stdout"), stderr: output("stderr") } as const
  try {
    return spawnChild(spec, streams, (code, signal) => onExit({ code, signal }))
  } catch (error) {
    throw spawnFailure(error, spec, "a pipe")
  }
}

async function drain(from: DescriptorReader, name: Stream, handle: OutputHandler): Promise<void> {
  try {
    for (let bytes = await from.read(); bytes; bytes = await from.read()) await handle(bytes, name)
  } finally {
    from.close()
  }
}
