// Child processes, from Bun.

import { closeSync } from "node:fs"
import type { ChildStreams, RunSync, SpawnChild, SpawnedChild, StreamKind } from "../types.ts"
import { readDescriptor, readStream, writeDescriptor, writeSink } from "./descriptors.ts"
import { closePipe, makePipe, type Pipe } from "./pipes.ts"

const NAMES = ["stdin", "stdout", "stderr"] as const
type Name = (typeof NAMES)[number]
/** A pipe of the system, or what `Bun.spawn` takes. */
type Plan = Record<Name, Pipe | (typeof WORDS)[StreamKind]>

const WORDS = { piped: "pipe", inherited: "inherit", ignored: "ignore" } as const

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

export const runSync: RunSync = ({ argv, cwd, env }, timeout) => {
  const { exitCode, stdout, stderr } = Bun.spawnSync([...argv], { cwd, env, timeout })
  return { code: exitCode, stdout: stdout.toString(), stderr: stderr.toString() }
}

/** Returns the code and signal that `onExit` of `Bun.spawn` reports, exactly one of them null. */
export const exitOf = (
  code: number | null,
  signal: number | string | null,
): [code: number | null, signal: string | null] => (signal ? [null, String(signal)] : [code, null])

function planOf(streams: ChildStreams): Plan {
  const planned = (name: Name, theirEnd: 0 | 1) =>
    (streams[name] === "piped" ? makePipe(theirEnd) : null) ?? WORDS[streams[name]]
  return { stdin: planned("stdin", 0), stdout: planned("stdout", 1), stderr: planned("stderr", 1) }
}

function childOf(child: Bun.Subprocess, plan: Plan): SpawnedChild {
  return {
    pid: child.pid,
    stdin: writerOf(plan.stdin, child.stdin as Bun.FileSink | undefined),
    stdout: readerOf(plan.stdout, child.stdout as ReadableStream<Uint8Array> | undefined),
    stderr: readerOf(plan.stderr, child.stderr as ReadableStream<Uint8Array> | undefined),
  }
}

/** `bun`: what Bun made, where the system has no pipes of ours. */
const writerOf = (plan: Plan["stdin"], bun?: Bun.FileSink) =>
  typeof plan === "object" ? writeDescriptor(plan.ours) : bun ? writeSink(bun) : null

const readerOf = (plan: Plan["stdout"], bun?: ReadableStream<Uint8Array>) =>
  typeof plan === "object" ? readDescriptor(plan.ours) : bun ? readStream(bun) : null
