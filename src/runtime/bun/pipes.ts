// Pipes as a shell makes them, on Linux. `Bun.spawn` makes a socket pair instead, which a program cannot open
// by name (`> /dev/stdout` fails) and which costs half as much again per byte.

import { ptr } from "bun:ffi"
import { closeSync } from "node:fs"
import { libc } from "../shared/libc.ts"

/** open(2) and fcntl(2) on Linux. */
const O_CLOEXEC = 0o2000000
const O_NONBLOCK = 0o4000
const F_SETFL = 4

/** Descriptors of one pipe: the child's end and this process's end, which does not block. */
export type Pipe = { theirs: number; ours: number }

let system: ReturnType<typeof load> | undefined

export function closePipe({ theirs, ours }: Pipe): void {
  closeSync(theirs)
  closeSync(ours)
}

/**
 * Returns a pipe for a child's stream, or null when unavailable. `theirEnd`: the child's end in the order of
 * pipe2(2), 0 to read from and 1 to write to. The caller closes both descriptors.
 */
export function makePipe(theirEnd: 0 | 1): Pipe | null {
  if (system === undefined) system = load()
  const ends = new Int32Array(2)
  if (system?.symbols.pipe2(ptr(ends), O_CLOEXEC) !== 0) return null
  const pipe = { theirs: ends[theirEnd]!, ours: ends[1 - theirEnd]! }
  system.symbols.fcntl(pipe.ours, F_SETFL, O_NONBLOCK)
  return pipe
}

const load = () =>
  libc({
    pipe2: { args: ["ptr", "i32"], returns: "i32" },
    fcntl: { args: ["i32", "i32", "i32"], returns: "i32" },
  })
