// Child processes with pipes.

import type { SpawnChild, StreamKind } from "../types.ts"
import { readDescriptor, writeDescriptor } from "./descriptors.ts"
import { watchExit } from "./exits.ts"
import { ptr } from "./ffi.ts"
import { lastError, libc, O_CLOEXEC } from "./libc.ts"
import { type ChildDescriptor, startProgram } from "./start.ts"

/** The child's side of a stream, and this side if it is a pipe. */
type Ends = { theirs: ChildDescriptor; ours: number | null }

export const spawnChild: SpawnChild = (program, streams, onExit) => {
  const ends: Ends[] = []
  let pid: number
  try {
    ends.push(endsOf(streams.stdin, 0), endsOf(streams.stdout, 1), endsOf(streams.stderr, 2))
    pid = startProgram(
      program,
      ends.map(({ theirs }) => theirs),
    )
  } catch (error) {
    for (const { ours } of ends) if (ours !== null) libc().close(ours)
    throw error
  } finally {
    for (const { theirs, ours } of ends) if (ours !== null) libc().close(theirs as number)
  }
  const [stdin, stdout, stderr] = ends.map(({ ours }) => ours) as [
    number | null,
    number | null,
    number | null,
  ]
  return {
    pid,
    stdin: stdin === null ? null : writeDescriptor(stdin),
    stdout: stdout === null ? null : readDescriptor(stdout),
    stderr: stderr === null ? null : readDescriptor(stderr),
    unref: watchExit(pid, onExit).unref,
  }
}

function endsOf(kind: StreamKind, stream: 0 | 1 | 2): Ends {
  if (kind !== "piped") return { theirs: kind === "inherited" ? stream : "/dev/null", ours: null }
  const ends = new Int32Array(2)
  if (libc().pipe2(ptr(ends), O_CLOEXEC) !== 0) throw lastError("pipe2")
  const [reader, writer] = [ends[0]!, ends[1]!]
  return stream === 0 ? { theirs: reader, ours: writer } : { theirs: writer, ours: reader }
}
