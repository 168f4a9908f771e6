// Flooding terminals, read by a worker. Bun reads a terminal until it is empty, which blocks the thread in a
// flood. A flooding terminal moves to the worker once and stays there. Linux only.

import { ptr } from "bun:ffi"
import { readdirSync, readFileSync, readlinkSync } from "node:fs"
import { libc } from "../shared/libc.ts"
import { terminalNumber } from "../shared/proc.ts"
import type { ScriptWorker } from "../types.ts"
// @ts-expect-error: the source text, which has no types
import source from "./flood-worker.ts" with { type: "text" }
import type { FloodCommand, FloodEvent } from "./flood-worker.ts"
import { startWorker } from "./worker.ts"

/** Size of a read, in bytes, after which Bun reads again without a turn of the event loop: a flood. */
export const FLOOD_READ = 128 << 10
/** ioctl(2) requests on Linux: close on exec, set the window size. */
const FIOCLEX = 0x5451
const TIOCSWINSZ = 0x5414
/** struct termios on Linux: its size in bytes, and the position of the local flags in words. */
const TERMIOS_BYTES = 60
const LOCAL_FLAGS = 3
/** Between two attempts to write to a full terminal, in ms. */
const FULL_MS = 2

type Listener = { output(bytes: Uint8Array): void; end(): void }

const listeners = new Map<number, Listener>()
/** Bytes of output on the way from the worker. */
const backlog = new SharedArrayBuffer(4)
let system: ReturnType<typeof load> | undefined
let worker: ScriptWorker | undefined

/** The master side of a terminal that moved to the worker. Replaces `Bun.Terminal`. */
export class FloodedTerminal {
  #descriptor: number
  #open = true

  private constructor(descriptor: number, listener: Listener) {
    this.#descriptor = descriptor
    listeners.set(descriptor, listener)
    worker ??= start()
    worker.ref()
    post({ do: "read", descriptor })
  }

  /** Takes over a process's terminal, which the caller then stops reading. Returns null when impossible. */
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

  resize({ cols, rows }: { cols: number; rows: number }): void {
    if (this.#open) system!.symbols.ioctl(this.#descriptor, TIOCSWINSZ, ptr(Uint16Array.of(rows, cols, 0, 0)))
  }

  async write(piece: Uint8Array): Promise<void> {
    for (let at = 0; at < piece.length && this.#open; ) {
      const n = Number(system!.symbols.write(this.#descriptor, ptr(piece, at), piece.length - at))
      if (n > 0) at += n
      else await Bun.sleep(FULL_MS)
    }
  }

  /** Closes the descriptor after the worker has dropped it: earlier, its number could already be reused. */
  close(): void {
    if (!this.#open) return
    this.#open = false
    post({ do: "drop", descriptor: this.#descriptor })
  }
}

/** Duplicates a terminal's master side; the caller closes it. Returns null when unavailable. */
export function copyOfMaster(pid: number): number | null {
  if (system === undefined) system = load()
  const master = system && masterOf(terminalNumber(pid))
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

const post = (command: FloodCommand): void => worker?.postMessage(command)

function start(): ScriptWorker {
  const worker = startWorker({ source, url: new URL("./flood-worker.ts", import.meta.url).href }, handle)
  worker.postMessage({ do: "load", library: system!.library, backlog } satisfies FloodCommand)
  return worker
}

function handle(event: FloodEvent): void {
  const listener = listeners.get(event.descriptor)
  if (event.what === "output") {
    Atomics.sub(new Int32Array(backlog), 0, event.bytes.byteLength)
    listener?.output(event.bytes)
  } else if (event.what === "end") listener?.end()
  else {
    listeners.delete(event.descriptor)
    system!.symbols.close(event.descriptor)
    if (listeners.size === 0) worker?.unref()
  }
}

/** Returns this process's descriptor of that terminal's master side (proc(5), tty-index in fdinfo). */
function masterOf(terminal: number): number | null {
  if (terminal < 0) return null
  const found = readdirSync("/proc/self/fd").find(descriptor => {
    try {
      if (!readlinkSync(`/proc/self/fd/${descriptor}`).endsWith("ptmx")) return false
      const info = readFileSync(`/proc/self/fdinfo/${descriptor}`, "latin1")
      return Number(/tty-index:\t(\d+)/.exec(info)?.[1] ?? -1) === terminal
    } catch {
      return false
    }
  })
  return found === undefined ? null : Number(found)
}
