// Terminals that flood, read by a thread of their own. Bun reads a terminal until it is empty, which a flood hardly lets happen,
// and meanwhile nothing else in the thread gets a turn. Such a terminal moves, once and for good, to a worker. Linux only.

import { ptr } from "bun:ffi"
import { readdirSync, readFileSync, readlinkSync } from "node:fs"
import type { Size } from "../../core/session/backend.ts"
import { libc } from "../process/libc.ts"
// @ts-expect-error: the file's text, which has no types
import source from "./flood-worker.ts" with { type: "text" }
import type { FloodCommand, FloodEvent } from "./flood-worker.ts"

/** Bun gives a terminal's output in pieces of this size while it reads on without a turn of the event loop, as it does under a flood. */
export const READS_ON = 128 << 10
/** ioctl(2) requests on Linux: close at exec, set the window's size. */
const FIOCLEX = 0x5451
const TIOCSWINSZ = 0x5414
/** struct termios on Linux: its size, and where the local flags are, in bytes and in words. */
const TERMIOS_BYTES = 60
const LOCAL_FLAGS = 3
/** Between two tries to write to a full terminal, in ms. */
const FULL_MS = 2

type Listener = { output(bytes: Uint8Array): void; end(): void }
type BunWorker = Worker & { ref(): void; unref(): void }

const listeners = new Map<number, Listener>()
const backlog = new SharedArrayBuffer(4)
let system: ReturnType<typeof load> | undefined
let worker: BunWorker | undefined

/** The other side of a terminal that moved: what Bun's own object did for it. */
export class FloodedTerminal {
  #descriptor: number
  #open = true

  private constructor(descriptor: number, listener: Listener) {
    this.#descriptor = descriptor
    listeners.set(descriptor, listener)
    worker ??= startWorker()
    worker.ref()
    order({ do: "read", descriptor })
  }

  /** Takes over the terminal of process `pid`; null where that cannot be done. The caller then stops reading it. */
  static takeOver(pid: number, listener: Listener): FloodedTerminal | null {
    const copy = copyOfMaster(pid)
    return copy === null ? null : new FloodedTerminal(copy, listener)
  }

  get localFlags(): number {
    const termios = new Uint32Array(TERMIOS_BYTES / 4)
    return this.#open && system!.symbols.tcgetattr(this.#descriptor, ptr(termios)) === 0
      ? termios[LOCAL_FLAGS]!
      : 0
  }

  resize({ cols, rows }: Size): void {
    if (this.#open) system!.symbols.ioctl(this.#descriptor, TIOCSWINSZ, ptr(Uint16Array.of(rows, cols, 0, 0)))
  }

  async write(piece: Uint8Array): Promise<void> {
    for (let at = 0; at < piece.length && this.#open; ) {
      const n = Number(system!.symbols.write(this.#descriptor, ptr(piece, at), piece.length - at))
      if (n > 0) at += n
      else await Bun.sleep(FULL_MS)
    }
  }

  /** The descriptor is closed when the worker has let it go, or its number could be another's by then. */
  close(): void {
    if (!this.#open) return
    this.#open = false
    order({ do: "drop", descriptor: this.#descriptor })
  }
}

/** Another descriptor of the other side of process `pid`'s terminal, for the caller to close; null where that cannot be had. */
export function copyOfMaster(pid: number): number | null {
  if (system === undefined) system = load()
  const master = system && masterOf(terminalOf(pid))
  const copy = master === null ? -1 : system!.symbols.dup(master)
  if (copy < 0) return null
  system!.symbols.ioctl(copy, FIOCLEX, null)
  return copy
}

const load = () =>
  libc({
    dup: { args: ["i32"], returns: "i32" },
    close: { args: ["i32"], returns: "i32" },
    write: { args: ["i32", "ptr", "u64"], returns: "i64" },
    ioctl: { args: ["i32", "u64", "ptr"], returns: "i32" },
    tcgetattr: { args: ["i32", "ptr"], returns: "i32" },
  })

const order = (what: FloodCommand): void => worker?.postMessage(what)

/** As text through a Blob: a worker file of its own would have to be named to the bundler of a compiled executable. */
function startWorker(): BunWorker {
  const script = new Bun.Transpiler({ loader: "ts" }).transformSync(source)
  const fresh = new Worker(URL.createObjectURL(new Blob([script], { type: "text/javascript" }))) as BunWorker
  fresh.onmessage = ({ data }: MessageEvent<FloodEvent>) => heard(data)
  fresh.postMessage({ do: "load", library: system!.library, backlog } satisfies FloodCommand)
  return fresh
}

function heard(report: FloodEvent): void {
  const listener = listeners.get(report.descriptor)
  if (report.what === "output") {
    Atomics.sub(new Int32Array(backlog), 0, report.bytes.byteLength)
    listener?.output(report.bytes)
  } else if (report.what === "end") listener?.end()
  else {
    listeners.delete(report.descriptor)
    system!.symbols.close(report.descriptor)
    if (listeners.size === 0) worker?.unref()
  }
}

/** Number of the process's terminal (proc(5), tty_nr: the minor device number); -1 without one. */
function terminalOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "latin1")
  const device = Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[4])
  return device === 0 ? -1 : (device & 0xff) | ((device >> 12) & 0xfff00)
}

/** This process's descriptor of that terminal's other side (proc(5), fdinfo's tty-index). */
function masterOf(terminal: number): number | null {
  if (terminal < 0) return null
  const found = readdirSync("/proc/self/fd").find(descriptor => {
    try {
      if (!readlinkSync(`/proc/self/fd/${descriptor}`).endsWith("ptmx")) return false
      const facts = readFileSync(`/proc/self/fdinfo/${descriptor}`, "latin1")
      return Number(/tty-index:\t(\d+)/.exec(facts)?.[1] ?? -1) === terminal
    } catch {
      return false
    }
  })
  return found === undefined ? null : Number(found)
}
