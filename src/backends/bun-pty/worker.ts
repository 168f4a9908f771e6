// Worker of backend "bun-pty": does all reading and writing, because the library sleeps for 20 ms under a
// global lock at the end of an output. A script that imports no file of ours.

import { readdirSync, readFileSync, readlinkSync } from "node:fs"
import { dlopen, ptr } from "#runtime/ffi.ts"

/** `device`: a descriptor of the terminal /dev/pts/`number`; both are -1 when unknown. */
export type BunPtyCommand =
  | { do: "load"; library: string; unread: SharedArrayBuffer }
  | { do: "open"; handle: number; device: number; number: number }
  | { do: "write"; handle: number; data: Uint8Array }
  | { do: "resize"; handle: number; cols: number; rows: number }
  | { do: "abandon"; handle: number }

/** After `end` the handle is invalid. */
export type BunPtyEvent =
  | { what: "output"; handle: number; bytes: Uint8Array<ArrayBuffer> }
  /** The library has taken the input of one command. */
  | { what: "taken"; handle: number }
  | { what: "end"; handle: number; code: number }

/** `exitAt`: when the program's end was noticed. `abandoned`: the output is discarded. */
type Terminal = {
  device: number
  number: number
  abandoned: boolean
  suspended: boolean
  exitAt: number | null
}

/** Return values of the library: the program still runs; a read after the end. */
const RUNNING = -1
const ENDED = -2
/**
 * How long the last read waits after the program's end, in ms: until the kernel has no more output for the
 * library's reader, because the library drops output after that read. At most the longer time, because a
 * descendant may write forever; at least the shorter one, and no longer without /proc.
 */
const [LONGEST_SETTLE_MS, SHORTEST_SETTLE_MS] = [2000, 20]
/** poll(2): readable. */
const POLLIN = 1
/** Pauses between rounds, in ms: the shortest during activity, the longest after 100 ms of silence. */
const [SHORTEST_MS, LONGEST_MS] = [1, 8]
/** How long after input, or a read of LARGE bytes, rounds follow without a pause, in ms. */
const [EAGER_MS, LARGE] = [2, 64 << 10]
/** Unread output in bytes: above the first limit the programs are suspended, below the second they resume. */
const [STOP, GO] = [8 << 20, 1 << 20]
/** tcflow(3): suspend and restart output. The same numbers on Linux; macOS counts from 1. */
const [SUSPEND, RESUME] = process.platform === "darwin" ? [1, 2] : [0, 1]

declare const self: { onmessage: (event: MessageEvent<BunPtyCommand>) => void }
declare function postMessage(event: BunPtyEvent, transfer?: ArrayBuffer[]): void

const terminals = new Map<number, Terminal>()
const buffer = new Uint8Array(1 << 20)
let pty: ReturnType<typeof load>
/** Functions of the C library, through the library that links it. */
let system: ReturnType<typeof loadSystem> | undefined
let unread = new Int32Array(new SharedArrayBuffer(4))
let next: { cancel: () => void } | null = null
let activeAt = 0
let eagerUntil = 0
let suspended = false

self.onmessage = ({ data: command }) => {
  if (command.do === "load") {
    pty = load(command.library)
    if (process.platform !== "win32") system = loadSystem(command.library)
    unread = new Int32Array(command.unread)
  } else execute(command)
}

function load(library: string) {
  const int = "i32" as const
  return dlopen(library, {
    bun_pty_read: { args: [int, "ptr", int], returns: int },
    bun_pty_write: { args: [int, "ptr", int], returns: int },
    bun_pty_resize: { args: [int, int, int], returns: int },
    bun_pty_get_exit_code: { args: [int], returns: int },
    bun_pty_close: { args: [int], returns: "void" },
  }).symbols
}

function loadSystem(library: string) {
  return dlopen(library, {
    tcflow: { args: ["i32", "i32"], returns: "i32" },
    poll: { args: ["ptr", "u64", "i32"], returns: "i32" },
  }).symbols
}

function execute(command: Exclude<BunPtyCommand, { do: "load" }>): void {
  const { handle } = command
  if (command.do === "open")
    terminals.set(handle, { ...command, abandoned: false, suspended: false, exitAt: null })
  const terminal = terminals.get(handle)
  if (!terminal) return
  if (command.do === "write") write(handle, command.data)
  if (command.do === "resize") pty.bun_pty_resize(handle, command.cols, command.rows)
  if (command.do === "abandon") terminal.abandoned = true
  activeAt = performance.now()
  eagerUntil = activeAt + EAGER_MS
  schedule()
}

function write(handle: number, data: Uint8Array): void {
  pty.bun_pty_write(handle, ptr(data), data.byteLength)
  postMessage({ what: "taken", handle })
}

/** Reads every terminal once. */
function readAll(): void {
  next = null
  controlFlow()
  let active = false
  if (!suspended) for (const [handle, terminal] of terminals) active = read(handle, terminal) || active
  if (active) activeAt = performance.now()
  schedule()
}

/** Schedules the next round. Always gives up the thread first, so that commands arrive during a flood. */
function schedule(): void {
  next?.cancel()
  next = null
  if (terminals.size === 0) return
  const now = performance.now()
  if (now < eagerUntil) {
    const immediate = setImmediate(readAll)
    next = { cancel: () => clearImmediate(immediate) }
    return
  }
  const pause = Math.min(LONGEST_MS, Math.max(SHORTEST_MS, Math.ceil((now - activeAt) / 12)))
  const timer = setTimeout(readAll, pause)
  next = { cancel: () => clearTimeout(timer) }
}

/** Reads one terminal once. Returns whether it was active. */
function read(handle: number, terminal: Terminal): boolean {
  if (terminal.exitAt !== null)
    return !settled(terminal, performance.now() - terminal.exitAt) || finish(handle, terminal)
  const code = pty.bun_pty_get_exit_code(handle)
  if (code === RUNNING) {
    const n = pty.bun_pty_read(handle, ptr(buffer), buffer.byteLength)
    send(handle, terminal, n)
    if (n >= LARGE) eagerUntil = performance.now() + EAGER_MS
    if (n !== ENDED) return n > 0
  }
  terminal.exitAt = performance.now()
  return true
}

/** Whether the library's reader has taken all output of the program. */
function settled(terminal: Terminal, waited: number): boolean {
  if (waited >= LONGEST_SETTLE_MS) return true
  // the reader may not have passed on its last read yet
  if (waited < SHORTEST_SETTLE_MS) return false
  return !mastersOf(terminal)?.some(readable)
}

function readable(descriptor: number): boolean {
  const fds = Int32Array.of(descriptor, POLLIN)
  return (system?.poll(ptr(fds), 1, 0) ?? 0) > 0
}

/**
 * Returns the library's descriptors of the terminal's master side, or null without /proc. When its number is
 * unknown, because its program ended early, returns all masters that belong to no other terminal.
 */
function mastersOf({ number }: Terminal): number[] | null {
  if (process.platform !== "linux") return null
  const known = new Set([...terminals.values()].map(other => other.number))
  const matches = (found: number) => (number < 0 ? found >= 0 && !known.has(found) : found === number)
  return readdirSync("/proc/self/fd")
    .filter(descriptor => matches(terminalOf(descriptor)))
    .map(Number)
}

/** Returns the number of the terminal whose master side a descriptor is (fdinfo's tty-index), or -1. */
function terminalOf(descriptor: string): number {
  try {
    if (!readlinkSync(`/proc/self/fd/${descriptor}`).endsWith("ptmx")) return -1
    const info = readFileSync(`/proc/self/fdinfo/${descriptor}`, "latin1")
    return Number(/tty-index:\t(\d+)/.exec(info)?.[1] ?? -1)
  } catch {
    return -1
  }
}

function finish(handle: number, terminal: Terminal): boolean {
  for (let n = 1; n > 0; ) {
    n = pty.bun_pty_read(handle, ptr(buffer), buffer.byteLength)
    send(handle, terminal, n)
  }
  postMessage({ what: "end", handle, code: pty.bun_pty_get_exit_code(handle) })
  pty.bun_pty_close(handle)
  terminals.delete(handle)
  return true
}

function send(handle: number, terminal: Terminal, n: number): void {
  if (n <= 0 || terminal.abandoned) return
  const bytes = buffer.slice(0, n)
  Atomics.add(unread, 0, n)
  postMessage({ what: "output", handle, bytes }, [bytes.buffer])
}

/**
 * Suspends all programs while much output waits for a stuck main thread: the library queues without limit.
 * Not used otherwise: Linux may drop a newline that is written while its terminal is suspended.
 */
function controlFlow(): void {
  const waiting = Atomics.load(unread, 0)
  if (suspended ? waiting > GO : waiting < STOP) return
  suspended = !suspended
  for (const terminal of terminals.values()) suspend(terminal, suspended)
}

function suspend(terminal: Terminal, on: boolean): void {
  if (on !== terminal.suspended && terminal.device >= 0)
    system?.tcflow(terminal.device, on ? SUSPEND : RESUME)
  terminal.suspended = on
}
