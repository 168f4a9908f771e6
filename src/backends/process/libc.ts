// The C library of this system, for the few calls that Bun does not make itself.

import { dlopen, type FFIFunction } from "bun:ffi"

const MUSL: Partial<Record<NodeJS.Architecture, string>> = { x64: "x86_64", arm64: "aarch64" }
const LIBRARIES: Partial<Record<NodeJS.Platform, string[]>> = {
  linux: ["libc.so.6", `libc.musl-${MUSL[process.arch]}.so.1`],
  darwin: ["libSystem.dylib"],
}

/** The functions asked for, and the library's name; null on a system not named, and where it cannot be opened. */
export function libc<Functions extends Record<string, FFIFunction>>(
  functions: Functions,
  systems: NodeJS.Platform[] = ["linux"],
) {
  const libraries = systems.includes(process.platform) ? LIBRARIES[process.platform] : []
  for (const library of libraries ?? [])
    try {
      return { library, symbols: dlopen(library, functions).symbols }
    } catch {
      // the other C library
    }
  return null
}
