// The worker of backend "bun-pty": all reading and writing happens here, because the library sleeps for 20 ms under a global
// lock when it reads the end of an output. Loaded as text, so that it is the same file in a compiled executable: it imports
// nothing of ours.

import { dlopen, ptr } from "bun:ffi"

/** What the main thread asks for. `device`: a descriptor of the terminal, or -1 where it has none. */
export type Order =
  | { do: "load"; library: string; unread: SharedArrayBuffer }
  | { do: "open"; handle: number; device: number }
  | { do: "write"; handle: number; data: Uint8Array }
  | { do: "resize"; handle: number; cols: number; rows: number }
  | { do: "abandon"; handle: number }

/** What the worker tells. After `end` the library has forgotten the handle. */
export type Report =
  | { what: "output"; handle: number; bytes: Uint8Array<ArrayBuffer> }
  /** The library has the input of one order. */
  | { what: "taken"; handle: number }
  | { what: "exit"; handle: number; code: number }
  | { what: "end"; handle: number }

/** `exitAt`: when the program's end was noticed. `abandoned`: nobody wants the output any more. */
type Line = { device: number; abandoned: boolean; busy: boolean; exitAt: number | null }

/** What the library answers while the program runs, and for a read past the end. */
const RUNNING = -1
const ENDED = -2
/**
 * Time between the program's end and the last read, in ms, for the library's own reader to take what the kernel still has.
 * A read after the end cannot be repeated: the library drops what comes later.
 */
const SETTLE_MS = 20
/** Pauses between looks, in ms: the shortest while something happens, the longest after about 100 ms of silence. */
const [SHORTEST_MS, LONGEST_MS] = [1, 8]
/** After input, how long the answer is looked for without any pause, in ms. */
const EAGER_MS = 2
/** Output the main thread has not taken yet, in bytes: above the first the programs are stopped, below the second they go on. */
const [STOP, GO] = [8 << 20, 1 << 20]
/** tcflow(3): suspend and restart output. The same numbers on Linux; macOS counts from 1. */
const [SUSPEND, RESUME] = process.platform === "darwin" ? [1, 2] : [0, 1]

declare const self: { onmessage: (event: MessageEvent<Order>) => void }
declare function postMessage(report: Report, transfer?: ArrayBuffer[]): void

const lines = new Map<number, Line>()
const buffer = new Uint8Array(1 << 20)
let pty: ReturnType<typeof load>
/** The C library's function, found through the library that is linked to it. */
let terminal: ReturnType<typeof loadFlow> | undefined
let unread = new Int32Array(new SharedArrayBuffer(4))
let next: { cancel: () => void } | null = null
let activeAt = 0
let eagerUntil = 0
let stopped = false

self.onmessage = ({ data: order }) => {
  if (order.do === "load") {
    pty = load(order.library)
    if (process.platform !== "win32") terminal = loadFlow(order.library)
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

function loadFlow(library: string) {
  return dlopen(library, { tcflow: { args: ["i32", "i32"], returns: "i32" } }).symbols
}

function obey(order: Exclude<Order, { do: "load" }>): void {
  const { handle } = order
  if (order.do === "open")
    lines.set(handle, { device: order.device, abandoned: false, busy: false, exitAt: null })
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
  if (line.exitAt !== null) return performance.now() - line.exitAt < SETTLE_MS || finish(handle, line)
  const code = pty.bun_pty_get_exit_code(handle)
  if (code === RUNNING) {
    const n = pty.bun_pty_read(handle, ptr(buffer), buffer.byteLength)
    if (n !== ENDED) {
      give(handle, line, n)
      return line.busy
    }
  }
  line.exitAt = performance.now()
  postMessage({ what: "exit", handle, code: pty.bun_pty_get_exit_code(handle) })
  return true
}

function finish(handle: number, line: Line): boolean {
  for (let n = 1; n > 0; ) {
    n = pty.bun_pty_read(handle, ptr(buffer), buffer.byteLength)
    give(handle, line, n)
  }
  pty.bun_pty_close(handle)
  lines.delete(handle)
  postMessage({ what: "end", handle })
  return true
}

function give(handle: number, line: Line, n: number): void {
  line.busy = n > 0
  if (n <= 0 || line.abandoned) return
  const bytes = buffer.slice(0, n)
  Atomics.add(unread, 0, n)
  postMessage({ what: "output", handle, bytes }, [bytes.buffer])
}

/** The library queues without limit, so a main thread that is stuck stops the busy programs at their terminals. */
function flow(): void {
  const waiting = Atomics.load(unread, 0)
  if (stopped ? waiting > GO : waiting < STOP) return
  stopped = !stopped
  for (const line of lines.values())
    if (line.busy && line.device >= 0) terminal?.tcflow(line.device, stopped ? SUSPEND : RESUME)
}
