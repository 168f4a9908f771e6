// Settings of a terminal, read and written through its own descriptor: termios(3) and ioctl_tty(2).

import { execFileSync } from "node:child_process"
import { closeSync, constants, openSync } from "node:fs"
import { dlopen, ptr } from "#runtime/ffi.ts"
import { terminalNumber } from "../../runtime/shared/proc.ts"
import { ECHO, ICANON, RAW } from "../../runtime/shared/termios.ts"

const linux = process.platform === "linux"
/** Byte offsets of the flags in struct termios. */
const [INPUT_FLAGS, OUTPUT_FLAGS, LOCAL_FLAGS] = linux ? [0, 4, 12] : [0, 8, 24]
const FIONREAD = 0x541b
const TCSANOW = 0

/** Name of the C library for the loader. */
export const LIBC = linux ? "libc.so.6" : "libSystem.dylib"

export class Tty {
  readonly descriptor: number
  /** The number in /dev/pts/number, or -1 when the terminal has another name. */
  readonly number: number
  #calls: Calls
  #closed = false

  constructor(path: string, calls: Calls) {
    this.descriptor = openSync(path, constants.O_RDWR | constants.O_NOCTTY | constants.O_NONBLOCK)
    this.number = Number(/^\/dev\/pts\/(\d+)$/.exec(path)?.[1] ?? -1)
    this.#calls = calls
  }

  /** Whether it collects input into lines. */
  get lineMode(): boolean {
    return (this.#localFlags & ICANON) !== 0
  }

  get echoes(): boolean {
    return (this.#localFlags & ECHO) !== 0
  }

  echoOff(): void {
    this.#clear([LOCAL_FLAGS, ECHO])
  }

  raw(): void {
    this.#clear([INPUT_FLAGS, RAW.input], [OUTPUT_FLAGS, RAW.output], [LOCAL_FLAGS, RAW.local])
  }

  /** Bytes of input that the program has not read yet. Known on Linux; 0 elsewhere. */
  get unread(): number {
    const count = new Int32Array(1)
    if (linux && !this.#closed) this.#calls.ioctl(this.descriptor, FIONREAD, ptr(count))
    return count[0]!
  }

  close(): void {
    if (!this.#closed) closeSync(this.descriptor)
    this.#closed = true
  }

  get #localFlags(): number {
    return this.#settings()?.getUint32(LOCAL_FLAGS, true) ?? 0
  }

  #clear(...groups: [at: number, flags: number][]): void {
    const settings = this.#settings()
    if (!settings) return
    for (const [at, flags] of groups) settings.setUint32(at, settings.getUint32(at, true) & ~flags, true)
    this.#calls.tcsetattr(this.descriptor, TCSANOW, ptr(settings))
  }

  #settings(): DataView | null {
    const settings = new DataView(new ArrayBuffer(128))
    return !this.#closed && this.#calls.tcgetattr(this.descriptor, ptr(settings)) === 0 ? settings : null
  }
}

/** Returns a process's terminal, or null without one. `library`: any that links the C library. */
export function ttyOf(pid: number, library: string): Tty | null {
  if (process.platform === "win32") return null
  try {
    return new Tty(linux ? `/dev/pts/${terminalNumber(pid)}` : `/dev/${psTty(pid)}`, callsOf(library))
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
