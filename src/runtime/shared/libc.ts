// Loader of C library functions that the runtime lacks.

import { dlopen } from "#runtime/ffi.ts"
import type { NativeFunctions } from "../types.ts"

const MUSL: Partial<Record<NodeJS.Architecture, string>> = { x64: "x86_64", arm64: "aarch64" }
const LIBRARIES: Partial<Record<NodeJS.Platform, string[]>> = {
  linux: ["libc.so.6", `libc.musl-${MUSL[process.arch]}.so.1`],
  darwin: ["libSystem.dylib"],
}

/** Returns the functions and the library's name, or null on other systems or when it cannot be opened. */
export function libc<const Functions extends NativeFunctions>(
  functions: Functions,
  systems: NodeJS.Platform[] = ["linux"],
) {
  const libraries = systems.includes(process.platform) ? LIBRARIES[process.platform] : []
  for (const library of libraries ?? [])
    try {
      return { library, symbols: dlopen(library, functions).symbols }
    } catch {
      // try the other C library
    }
  return null
}
