// A terminal's settings, through a descriptor of its own: what termios(3) and ioctl_tty(2) say about it.

import { dlopen, ptr } from "bun:ffi"
import { execFileSync } from "node:child_process"
import { closeSync, constants, openSync, readlinkSync } from "node:fs"
import { ECHO, ICANON, RAW } from "./termios.ts"

const linux = process.platform === "linux"
/** Where struct termios keeps its flags. */
const [INPUT_FLAGS, OUTPUT_FLAGS, LOCAL_FLAGS] = linux ? [0, 4, 12] : [0, 8, 24]
const FIONREAD = 0x541b
const TCSANOW = 0

/** The C library itself, by the name the loader knows. */
export const LIBC = linux ? "libc.so.6" : "libSystem.dylib"

export class Tty {
  readonly descriptor: number
  /** The number in /dev/pts/number; -1 where terminals are named otherwise. */
  readonly number: number
  #calls: Calls
  #closed = false

  constructor(path: string, calls: Calls) {
    this.descriptor = openSync(path, constants.O_RDWR | constants.O_NOCTTY | constants.O_NONBLOCK)
    this.number = Number(/^\/dev\/pts\/(\d+)$/.exec(path)?.[1] ?? -1)
    this.#calls = calls
  }

  /** Does it collect input into lines? */
  get lineMode(): boolean {
    const settings = this.#settings()
    return settings !== null && (settings.getUint32(LOCAL_FLAGS, true) & ICANON) !== 0
  }

  /** Does it show what is typed? */
  get echoes(): boolean {
    const settings = this.#settings()
    return settings !== null && (settings.getUint32(LOCAL_FLAGS, true) & ECHO) !== 0
  }

  echoOff(): void {
    const settings = this.#settings()
    if (!settings) return
    settings.setUint32(LOCAL_FLAGS, settings.getUint32(LOCAL_FLAGS, true) & ~ECHO, true)
    this.#calls.tcsetattr(this.descriptor, TCSANOW, ptr(settings))
  }

  raw(): void {
    const settings = this.#settings()
    if (!settings) return
    for (const [at, flags] of [
      [INPUT_FLAGS, RAW.input],
      [OUTPUT_FLAGS, RAW.output],
      [LOCAL_FLAGS, RAW.local],
    ] as const)
      settings.setUint32(at, settings.getUint32(at, true) & ~flags, true)
    this.#calls.tcsetattr(this.descriptor, TCSANOW, ptr(settings))
  }

  /** Bytes of input the program could read and has not. Known on Linux; 0 elsewhere. */
  get unread(): number {
    const count = new Int32Array(1)
    if (linux && !this.#closed) this.#calls.ioctl(this.descriptor, FIONREAD, ptr(count))
    return count[0]!
  }

  close(): void {
    if (!this.#closed) closeSync(this.descriptor)
    this.#closed = true
  }

  #settings(): DataView | null {
    const settings = new DataView(new ArrayBuffer(128))
    return !this.#closed && this.#calls.tcgetattr(this.descriptor, ptr(settings)) === 0 ? settings : null
  }
}

/** The terminal a process runs on, or null when it has none (any more). `library`: any that is linked to the C library. */
export function ttyOf(pid: number, library: string): Tty | null {
  if (process.platform === "win32") return null
  try {
    const path = linux ? readlinkSync(`/proc/${pid}/fd/0`) : `/dev/${psTty(pid)}`
    return new Tty(path, callsOf(library))
  } catch {
    return null
  }
}

const psTty = (pid: number) =>
  execFileSync("ps", ["-o", "tty=", "-p", String(pid)], { encoding: "utf8" }).trim()

type Calls = ReturnType<typeof load>
let calls: Calls | undefined

function callsOf(library: string): Calls {
  calls ??= load(library)
  return calls
}

function load(library: string) {
  return dlopen(library, {
    tcgetattr: { args: ["i32", "ptr"], returns: "i32" },
    tcsetattr: { args: ["i32", "i32", "ptr"], returns: "i32" },
    ioctl: { args: ["i32", "u64", "ptr"], returns: "i32" },
  }).symbols
}
