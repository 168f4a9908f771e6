// The C library of this system, for the few calls that Bun does not make itself. Linux only.

import { dlopen, type FFIFunction } from "bun:ffi"

const MUSL: Partial<Record<NodeJS.Architecture, string>> = { x64: "x86_64", arm64: "aarch64" }

/** The functions asked for, and the library's name; null where it cannot be opened. */
export function libc<Functions extends Record<string, FFIFunction>>(functions: Functions) {
  if (process.platform !== "linux") return null
  for (const library of ["libc.so.6", `libc.musl-${MUSL[process.arch]}.so.1`])
    try {
      return { library, symbols: dlopen(library, functions).symbols }
    } catch {
      // the other C library
    }
  return null
}
