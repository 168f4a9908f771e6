// The program of one command line: it has the caller's own stdin, and its output is read no faster than somebody takes it.

import { closeSync } from "node:fs"
import { SESSION_VARIABLE } from "../../core/access/policy.ts"
import type { ExitStatus, Process, Signal, Spec, Stream } from "../../core/session/backend.ts"
import { makePipe, type Pipe } from "../pipe/pipes.ts"
import { spawnFailure } from "./failure.ts"
import { signalGroup } from "./signals.ts"
import { type Root, rootOf, terminateTree } from "./tree.ts"

/** Who takes the output: the next piece is read when the promise has resolved. */
export type Taker = (bytes: Uint8Array, stream: Stream) => Promise<void>
/** Takers for the streams that are looked at; the others go where the caller's own go. */
export type Takers = { stdout?: Taker; stderr?: Taker }

/** A child on the caller's stdin. `exited` and `ended` (no more output) come in either order, and neither rejects. */
export class ForegroundChild implements Pick<Process, "pid" | "signal" | "terminate"> {
  readonly pid: number
  readonly exited: Promise<ExitStatus>
  /** Rejects when a taker does. */
  readonly ended: Promise<void>
  #root: Root

  /** Throws `spawn_failed`. */
  constructor(spec: Spec, takers: Takers) {
    const pipes = { stdout: takers.stdout && makePipe(), stderr: takers.stderr && makePipe() }
    const exited = Promise.withResolvers<ExitStatus>()
    const child = spawned(spec, pipes, exited.resolve)
    this.pid = child.pid
    this.exited = exited.promise
    this.#root = rootOf(this.pid, spec.env[SESSION_VARIABLE] ?? "")
    const read = (name: "stdout" | "stderr") => {
      const taker = takers[name]
      return taker && drain(pipes[name]?.ours ?? (child[name] as ReadableStream<Uint8Array>), name, taker)
    }
    this.ended = Promise.all([read("stdout"), read("stderr")]).then(() => {})
  }

  signal(name: Signal): void {
    signalGroup(this.pid, name)
  }

  terminate(graceMs: number): Promise<void> {
    return terminateTree(this.#root, graceMs)
  }
}

function spawned(
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
      onExit: (_, code, signal) =>
        onExit({ code: signal ? null : code, signal: signal ? String(signal) : null }),
    })
  } catch (error) {
    for (const { ours } of all) closeSync(ours)
    throw spawnFailure(error, spec, "a pipe")
  } finally {
    for (const { theirs } of all) closeSync(theirs)
  }
}

async function drain(from: number | ReadableStream<Uint8Array>, name: Stream, take: Taker): Promise<void> {
  const reader = (typeof from === "number" ? Bun.file(from).stream() : from).getReader()
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      await take(value, name)
    }
  } finally {
    void reader.cancel().catch(() => {})
    if (typeof from === "number") closeSync(from)
  }
}
