// The main thread's end of the worker of backend "bun-pty": starts it, hands it orders, tells each terminal its reports.

import type { Tty } from "../terminal/tty.ts"
import { libraryPath } from "./library.ts"
// @ts-expect-error: the file's text, which has no types
import source from "./worker.ts" with { type: "text" }
import type { BunPtyCommand, BunPtyEvent } from "./worker.ts"

export type BunPtyListener = {
  output(bytes: Uint8Array): void
  /** The library has the input of one order. */
  taken(): void
  /** The program ended and all of its output was given. */
  end(code: number): void
}

/** The types of browsers lack that a worker need not keep the process alive. */
type BunWorker = Worker & { ref(): void; unref(): void }

const listeners = new Map<number, BunPtyListener>()
/** Bytes of output on the way here, counted up by the worker and down by us: how it learns that we are stuck. */
const unread = new SharedArrayBuffer(4)
let worker: BunWorker | undefined

/** Hands a terminal over to the worker. `tty` stays open until `end`. */
export function openTerminal(handle: number, tty: Tty | null, listener: BunPtyListener): void {
  listeners.set(handle, listener)
  worker ??= start()
  worker.ref()
  const [device, number] = [tty?.descriptor ?? -1, tty?.number ?? -1]
  worker.postMessage({ do: "open", handle, device, number } satisfies BunPtyCommand)
}

/** For a terminal that ended already the order is dropped. */
export function command(order: Exclude<BunPtyCommand, { do: "load" | "open" }>): void {
  worker?.postMessage(order)
}

/** As text through a Blob: a worker file of its own would have to be named to the bundler of a compiled executable. */
function start(): BunWorker {
  const script = new Bun.Transpiler({ loader: "ts" }).transformSync(source)
  const worker = new Worker(URL.createObjectURL(new Blob([script], { type: "text/javascript" }))) as BunWorker
  worker.onmessage = ({ data }: MessageEvent<BunPtyEvent>) => heard(data)
  worker.postMessage({ do: "load", library: libraryPath(), unread } satisfies BunPtyCommand)
  return worker
}

function heard(report: BunPtyEvent): void {
  const listener = listeners.get(report.handle)
  if (report.what === "output") {
    Atomics.sub(new Int32Array(unread), 0, report.bytes.byteLength)
    listener?.output(report.bytes)
  } else if (report.what === "taken") listener?.taken()
  else {
    listeners.delete(report.handle)
    if (listeners.size === 0) worker?.unref()
    listener?.end(report.code)
  }
}
