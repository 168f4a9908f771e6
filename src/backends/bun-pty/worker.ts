// The worker of backend "bun-pty": all reading and writing happens here, because the library sleeps for 20 ms under a global
// lock when it reads the end of an output. Loaded as text, so that it is the same file in a compiled executable: it imports
// nothing of ours.

import { dlopen, ptr } from "bun:ffi"
import { readdirSync, readFileSync, readlinkSync } from "node:fs"

/** What the main thread asks for. `device`: a descriptor of the terminal /dev/pts/`number`; both -1 where it is not known. */
export type BunPtyCommand =
  | { do: "load"; library: string; unread: SharedArrayBuffer }
  | { do: "open"; handle: number; device: number; number: number }
  | { do: "write"; handle: number; data: Uint8Array }
  | { do: "resize"; handle: number; cols: number; rows: number }
  | { do: "abandon"; handle: number }

/** What the worker tells. After `end` the library has forgotten the handle. */
export type BunPtyEvent =
  | { what: "output"; handle: number; bytes: Uint8Array<ArrayBuffer> }
  /** The library has the input of one order. */
  | { what: "taken"; handle: number }
  | { what: "end"; handle: number; code: number }

/** `exitAt`: when the program's end was noticed. `abandoned`: nobody wants the output any more. */
type Line = {
  device: number
  number: number
  abandoned: boolean
  held: boolean
  exitAt: number | null
}

/** What the library answers while the program runs, and for a read past the end. */
const RUNNING = -1
const ENDED = -2
/**
 * How long the last read waits after the program's end, in ms. A read after the end cannot be repeated, the library drops what
 * comes later; so it waits until the kernel has no more for the library's own reader, at most the longer time (a descendant
 * may write for ever), or the shorter one where that cannot be asked.
 */
const [SETTLE_MS, SETTLE_BLINDLY_MS] = [2000, 20]
/** poll(2) and its flag for "there is something to read". */
const POLLIN = 1
/** Pauses between looks, in ms: the shortest while something happens, the longest after about 100 ms of silence. */
const [SHORTEST_MS, LONGEST_MS] = [1, 8]
/** After input, how long the answer is looked for without any pause, in ms. */
const EAGER_MS = 2
/** Output the main thread has not taken yet, in bytes: above the first the programs are stopped, below the second they go on. */
const [STOP, GO] = [8 << 20, 1 << 20]
/** tcflow(3): suspend and restart output. The same numbers on Linux; macOS counts from 1. */
const [SUSPEND, RESUME] = process.platform === "darwin" ? [1, 2] : [0, 1]

declare const self: { onmessage: (event: MessageEvent<BunPtyCommand>) => void }
declare function postMessage(report: BunPtyEvent, transfer?: ArrayBuffer[]): void

const lines = new Map<number, Line>()
const buffer = new Uint8Array(1 << 20)
let pty: ReturnType<typeof load>
/** Two functions of the C library, found through the library that is linked to it. */
let system: ReturnType<typeof loadSystem> | undefined
let unread = new Int32Array(new SharedArrayBuffer(4))
let next: { cancel: () => void } | null = null
let activeAt = 0
let eagerUntil = 0
let stopped = false

self.onmessage = ({ data: order }) => {
  if (order.do === "load") {
    pty = load(order.library)
    if (process.platform !== "win32") system = loadSystem(order.library)
    unread = new Int32Array(order.unread)
  } else obey(order)
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

function obey(order: Exclude<BunPtyCommand, { do: "load" }>): void {
  const { handle } = order
  if (order.do === "open") lines.set(handle, { ...order, abandoned: false, held: false, exitAt: null })
  const line = lines.get(handle)
  if (!line) return
  if (order.do === "write") write(handle, order.data)
  if (order.do === "resize") pty.bun_pty_resize(handle, order.cols, order.rows)
  if (order.do === "abandon") line.abandoned = true
  activeAt = performance.now()
  eagerUntil = activeAt + EAGER_MS
  plan()
}

function write(handle: number, data: Uint8Array): void {
  pty.bun_pty_write(handle, ptr(data), data.byteLength)
  postMessage({ what: "taken", handle })
}

/** Looks at every terminal once. */
function turn(): void {
  next = null
  flow()
  let active = false
  if (!stopped) for (const [handle, line] of lines) active = look(handle, line) || active
  if (active) activeAt = performance.now()
  plan()
}

/** Arranges for the next turn. Never without giving up the thread, so that orders get in during a flood. */
function plan(): void {
  next?.cancel()
  next = null
  if (lines.size === 0) return
  const now = performance.now()
  if (now < eagerUntil) {
    const immediate = setImmediate(turn)
    next = { cancel: () => clearImmediate(immediate) }
    return
  }
  const pause = Math.min(LONGEST_MS, Math.max(SHORTEST_MS, Math.ceil((now - activeAt) / 12)))
  const timer = setTimeout(turn, pause)
  next = { cancel: () => clearTimeout(timer) }
}

/** One read of one terminal. Was there anything? */
function look(handle: number, line: Line): boolean {
  if (line.exitAt !== null) return !settled(line, performance.now() - line.exitAt) || finish(handle, line)
  const code = pty.bun_pty_get_exit_code(handle)
  if (code === RUNNING) {
    const n = pty.bun_pty_read(handle, ptr(buffer), buffer.byteLength)
    give(handle, line, n)
    if (n !== ENDED) return n > 0
  }
  line.exitAt = performance.now()
  return true
}

/** Has the library's reader taken all that the program wrote? */
function settled(line: Line, waited: number): boolean {
  if (waited >= SETTLE_MS) return true
  // what the reader took from the terminal it may still have in hand
  if (waited < SETTLE_BLINDLY_MS) return false
  const masters = mastersOf(line)
  return !masters?.some(readable)
}

function readable(descriptor: number): boolean {
  const question = Int32Array.of(descriptor, POLLIN)
  return (system?.poll(ptr(question), 1, 0) ?? 0) > 0
}

/**
 * The library's descriptors of the terminal's other side; null where /proc does not tell. A program that ended before its
 * terminal could be learnt may have any that is nobody else's.
 */
function mastersOf(line: Line): number[] | null {
  if (process.platform !== "linux") return null
  const others = new Set([...lines.values()].map(other => other.number))
  const fits = (terminal: number) =>
    line.number < 0 ? terminal >= 0 && !others.has(terminal) : terminal === line.number
  return readdirSync("/proc/self/fd")
    .filter(descriptor => fits(terminalOf(descriptor)))
    .map(Number)
}

/** Number of the terminal whose master this descriptor is (proc(5): fdinfo's tty-index), else -1. */
function terminalOf(descriptor: string): number {
  try {
    if (!readlinkSync(`/proc/self/fd/${descriptor}`).endsWith("ptmx")) return -1
    const facts = readFileSync(`/proc/self/fdinfo/${descriptor}`, "latin1")
    return Number(/tty-index:\t(\d+)/.exec(facts)?.[1] ?? -1)
  } catch {
    return -1
  }
}

function finish(handle: number, line: Line): boolean {
  for (let n = 1; n > 0; ) {
    n = pty.bun_pty_read(handle, ptr(buffer), buffer.byteLength)
    give(handle, line, n)
  }
  postMessage({ what: "end", handle, code: pty.bun_pty_get_exit_code(handle) })
  pty.bun_pty_close(handle)
  lines.delete(handle)
  return true
}

function give(handle: number, line: Line, n: number): void {
  if (n <= 0 || line.abandoned) return
  const bytes = buffer.slice(0, n)
  Atomics.add(unread, 0, n)
  postMessage({ what: "output", handle, bytes }, [bytes.buffer])
}

/**
 * The library queues without limit. So while the main thread is stuck and much waits for it, the programs are stopped at their
 * terminals. Only then: Linux may drop a newline that is written in the moment its terminal is stopped.
 */
function flow(): void {
  const waiting = Atomics.load(unread, 0)
  if (stopped ? waiting > GO : waiting < STOP) return
  stopped = !stopped
  for (const line of lines.values()) hold(line, stopped)
}

function hold(line: Line, held: boolean): void {
  if (held !== line.held && line.device >= 0) system?.tcflow(line.device, held ? SUSPEND : RESUME)
  line.held = held
}
