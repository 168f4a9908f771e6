// Child processes, from Bun.

import { closeSync } from "node:fs"
import type { Child, ChildStreams, SpawnChild, StreamKind } from "../types.ts"
import { readStream, writeSink } from "./descriptors.ts"
import { closePipe, makePipe, type Pipe } from "./pipes.ts"

const NAMES = ["stdin", "stdout", "stderr"] as const
type Name = (typeof NAMES)[number]
/** A pipe of the system, or what `Bun.spawn` takes. */
type Plan = Record<Name, Pipe | StreamKind>

export const spawnChild: SpawnChild = ({ argv, cwd, env }, streams, onExit) => {
  const plan = planOf(streams)
  const pipes = NAMES.map(name => plan[name]).filter(stream => typeof stream === "object")
  const theirs = (name: Name) => {
    const stream = plan[name]
    return typeof stream === "object" ? stream.theirs : stream
  }
  try {
    const child = Bun.spawn([...argv], {
      cwd,
      env,
      stdin: theirs("stdin"),
      stdout: theirs("stdout"),
      stderr: theirs("stderr"),
      detached: true,
      onExit: (_, code, signal) => onExit(...exitOf(code, signal)),
    })
    for (const pipe of pipes) closeSync(pipe.theirs)
    return childOf(child, plan)
  } catch (error) {
    for (const pipe of pipes) closePipe(pipe)
    throw error
  }
}

/** Returns the code and signal that `onExit` of `Bun.spawn` reports, exactly one of them null. */
export const exitOf = (
  code: number | null,
  signal: number | string | null,
): [code: number | null, signal: string | null] => (signal ? [null, String(signal)] : [code, null])

function planOf(streams: ChildStreams): Plan {
  const plan = { ...streams } as Plan
  for (const [number, name] of NAMES.entries())
    if (streams[name] === "pipe") plan[name] = makePipe(number === 0 ? 0 : 1) ?? "pipe"
  return plan
}

function childOf(child: Bun.Subprocess, plan: Plan): Child {
  const reader = (name: "stdout" | "stderr") => {
    const stream = plan[name]
    if (typeof stream === "object") return readStream(Bun.file(stream.ours).stream(), stream.ours)
    return stream === "pipe" ? readStream(child[name] as ReadableStream<Uint8Array>) : null
  }
  const writer = () => {
    const { stdin } = plan
    if (typeof stdin === "object") return writeSink(Bun.file(stdin.ours).writer(), stdin.ours)
    return stdin === "pipe" ? writeSink(child.stdin as Bun.FileSink) : null
  }
  return {
    pid: child.pid,
    stdin: writer(),
    stdout: reader("stdout"),
    stderr: reader("stderr"),
    unref: () => child.unref(),
  }
}
