// Child processes with pipes.

import type { RunSync, SpawnChild, StreamKind } from "../types.ts"
import { readDescriptor, writeDescriptor } from "./descriptors.ts"
import { awaitExit, watchExit } from "./exits.ts"
import { ptr } from "./ffi.ts"
import { cString, lastError, libc, O_CLOEXEC } from "./libc.ts"
import { type ChildDescriptor, startProgram } from "./start.ts"

const MFD_CLOEXEC = 1
/** Most output of a program that this process waits for, in bytes. */
const MAX_OUTPUT = 1 << 20

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
  watchExit(pid, onExit)
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
  }
}

/** The output goes to files in memory: a process that the program leaves running does not delay the end. */
export const runSync: RunSync = (program, timeoutMs) => {
  const files = ["stdout", "stderr"].map(name => libc().memfd_create(ptr(cString(name)), MFD_CLOEXEC))
  try {
    const [code] = awaitExit(startProgram(program, ["/dev/null", ...files]), timeoutMs)
    const [stdout, stderr] = files.map(contentOf) as [string, string]
    return { code, stdout, stderr }
  } finally {
    for (const file of files) libc().close(file)
  }
}

function contentOf(file: number): string {
  const bytes = new Uint8Array(MAX_OUTPUT)
  return Buffer.from(bytes.buffer, 0, Number(libc().pread(file, ptr(bytes), MAX_OUTPUT, 0))).toString()
}

function endsOf(kind: StreamKind, stream: 0 | 1 | 2): Ends {
  if (kind !== "piped") return { theirs: kind === "inherited" ? stream : "/dev/null", ours: null }
  const ends = new Int32Array(2)
  if (libc().pipe2(ptr(ends), O_CLOEXEC) !== 0) throw lastError("pipe2")
  const [reader, writer] = [ends[0]!, ends[1]!]
  return stream === 0 ? { theirs: reader, ours: writer } : { theirs: writer, ours: reader }
}
