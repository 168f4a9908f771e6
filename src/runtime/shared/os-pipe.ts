// Pipes of the operating system, for descriptors that a child inherits.

import { ptr } from "#runtime/ffi.ts"
import { PtylineError } from "../../core/lib/errors.ts"
import { libc } from "./libc.ts"

/** ioctl(2): close on exec, so that no other child inherits an end. */
const FIOCLEX = process.platform === "darwin" ? 0x20006601 : 0x5451

let calls: ReturnType<typeof load> | undefined

/** Returns both ends as descriptors. Throws `unavailable`. */
export function osPipe(): { reader: number; writer: number } {
  calls ??= load()
  const ends = new Int32Array(2)
  if (calls.pipe(ptr(ends)) !== 0) throw new PtylineError("unavailable", "pipe(2) failed")
  const [reader, writer] = ends as unknown as [number, number]
  for (const end of ends) calls.ioctl(end, FIOCLEX, null)
  return { reader, writer }
}

/** Makes a named pipe that only its owner can open. Throws `unavailable`. */
export function makeFifo(path: string): void {
  calls ??= load()
  if (calls.mkfifo(ptr(Buffer.from(`${path}\0`)), 0o600) !== 0)
    throw new PtylineError("unavailable", `mkfifo(3) failed for ${path}`)
}

function load() {
  const functions = {
    pipe: { args: ["ptr"], returns: "i32" },
    mkfifo: { args: ["ptr", "u32"], returns: "i32" },
    ioctl: { args: ["i32", "u64", "ptr"], returns: "i32" },
  } as const
  const found = libc(functions, ["linux", "darwin"])
  if (found === null) throw new PtylineError("unavailable", "no C library found")
  return found.symbols
}
