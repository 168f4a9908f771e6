// Pipes as a shell makes them. What `Bun.spawn` calls a pipe is a pair of sockets, which a program cannot open by name
// (`> /dev/stdout` fails on it) and which costs half as much again per byte. Linux only.

import { ptr } from "bun:ffi"
import { closeSync } from "node:fs"
import { libc } from "../process/libc.ts"

/** open(2) and fcntl(2) on Linux. */
const O_CLOEXEC = 0o2000000
const O_NONBLOCK = 0o4000
const F_SETFL = 4

type Ends = { theirs: number; ours: number }
export type Pipe = Ends

/** The descriptors of a child's three streams: what it gets, and this side's ends, which do not block. */
export type Pipes = { stdin: Ends; stdout: Ends; stderr: Ends }

let system: ReturnType<typeof load> | undefined

/** Makes the three; null where there are none to be had. Whoever asked closes all six descriptors. */
export function makePipes(): Pipes | null {
  if (system === undefined) system = load()
  const made = [make(0), make(1), make(1)]
  const [stdin, stdout, stderr] = made
  if (stdin && stdout && stderr) return { stdin, stdout, stderr }
  for (const ends of made) if (ends) closeEnds(ends)
  return null
}

/** One for a child's output; null where there is none to be had. */
export function makePipe(): Pipe | null {
  if (system === undefined) system = load()
  return make(1)
}

/** To be called when the child has them, or never will. */
export function closeTheirs(pipes: Pipes | null): void {
  for (const { theirs } of Object.values(pipes ?? {})) closeSync(theirs)
}

export function closeAll(pipes: Pipes | null): void {
  for (const ends of Object.values(pipes ?? {})) closeEnds(ends)
}

function closeEnds({ theirs, ours }: Ends): void {
  closeSync(theirs)
  closeSync(ours)
}

/** `index`: the child's end as pipe2(2) gives them, 0 to read from and 1 to write to. */
function make(index: 0 | 1): Ends | null {
  const pair = new Int32Array(2)
  if (system?.symbols.pipe2(ptr(pair), O_CLOEXEC) !== 0) return null
  const ends = { theirs: pair[index]!, ours: pair[1 - index]! }
  system.symbols.fcntl(ends.ours, F_SETFL, O_NONBLOCK)
  return ends
}

const load = () =>
  libc({
    pipe2: { args: ["ptr", "i32"], returns: "i32" },
    fcntl: { args: ["i32", "i32", "i32"], returns: "i32" },
  })
