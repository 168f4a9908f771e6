// tcflow(3) of the C library on Linux: stops and restarts a terminal's output.

import { dlopen } from "bun:ffi"

export const TCOOFF = 0
export const TCOON = 1

const MUSL: Partial<Record<NodeJS.Architecture, string>> = { x64: "x86_64", arm64: "aarch64" }
type Call = (descriptor: number, action: number) => number
let call: Call | null | undefined

/** False when it could not be done. The library is loaded at the first call. */
export function flow(descriptor: number, action: number): boolean {
  if (call === undefined) call = load("libc.so.6") ?? load(`libc.musl-${MUSL[process.arch]}.so.1`)
  return call?.(descriptor, action) === 0
}

function load(library: string): Call | null {
  try {
    return dlopen(library, { tcflow: { args: ["i32", "i32"], returns: "i32" } }).symbols.tcflow
  } catch {
    return null
  }
}
