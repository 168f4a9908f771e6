// The native library of the package bun-pty: its path, and the functions that the main thread calls.

import { readFileSync } from "node:fs"
import { createRequire } from "node:module"
import { dlopen, ptr } from "#runtime/ffi.ts"
import { self } from "#runtime/self.ts"
import type { Spec } from "../../core/session/backend.ts"

/** Returns the library's path for this platform: the embedded file in a compiled executable. */
export function libraryPath(): string {
  if (self.standalone) return musl() ? embeddedMusl() : embedded()
  return createRequire(import.meta.url).resolve(`bun-pty/rust-pty/target/release/${fileName()}`)
}

function fileName(): string {
  const arm = process.arch === "arm64" ? "_arm64" : ""
  if (process.platform === "win32") return `rust_pty${arm}.dll`
  return `librust_pty${arm}${process.platform === "darwin" ? ".dylib" : musl() ? "_musl.so" : ".so"}`
}

/** The bundler embeds the file only if it can evaluate the name: one template, values inline. */
const embedded = (): string =>
  require(
    `bun-pty/rust-pty/target/release/${process.platform === "win32" ? (process.arch === "arm64" ? "rust_pty_arm64.dll" : "rust_pty.dll") : process.platform === "darwin" ? (process.arch === "arm64" ? "librust_pty_arm64.dylib" : "librust_pty.dylib") : process.arch === "arm64" ? "librust_pty_arm64.so" : "librust_pty.so"}`,
  )

const embeddedMusl = (): string =>
  process.platform === "linux"
    ? require(
        `bun-pty/rust-pty/target/release/${process.arch === "arm64" ? "librust_pty_arm64_musl.so" : "librust_pty_musl.so"}`,
      )
    : embedded()

function musl(): boolean {
  return process.platform === "linux" && readFileSync("/proc/self/maps", "latin1").includes("ld-musl")
}

let symbols: ReturnType<typeof load> | undefined

/** Returns the library's functions, loaded by the first call. Throws when this platform has no library. */
export function library() {
  symbols ??= load()
  return symbols
}

function load() {
  const int = "i32" as const
  return dlopen(libraryPath(), {
    bun_pty_spawn: { args: ["ptr", "ptr", "ptr", int, int], returns: int },
    bun_pty_get_pid: { args: [int], returns: int },
  }).symbols
}

/** Starts a program on a new terminal. Returns a handle, or a negative number on failure. */
export function spawnOnPty(spec: Spec, argv: string[]): number {
  const environment = Object.entries(spec.env).map(([key, value]) => `${key}=${value}\0`)
  return library().bun_pty_spawn(
    ptr(Buffer.from(`${argv.map(quoted).join(" ")}\0`)),
    ptr(Buffer.from(`${spec.cwd}\0`)),
    ptr(Buffer.from(`${environment.join("")}\0`)),
    spec.size.cols,
    spec.size.rows,
  )
}

/** The library splits one command line as a POSIX shell does. */
const quoted = (word: string) => `'${word.replaceAll("'", `'\\''`)}'`
