// Client of the bun-pty worker: starts it, sends commands, and passes its events to each terminal.

import { startWorker } from "#runtime/worker.ts"
import type { ScriptWorker } from "../../runtime/types.ts"
import type { Tty } from "../terminal/tty.ts"
import { libraryPath } from "./library.ts"
// @ts-expect-error: the source text, which has no types
import source from "./worker.ts" with { type: "text" }
import type { BunPtyCommand, BunPtyEvent } from "./worker.ts"

type BunPtyListener = {
  output(bytes: Uint8Array): void
  /** The library has taken the input of one command. */
  taken(): void
  /** The program ended; all of its output came before. */
  end(code: number): void
}

const listeners = new Map<number, BunPtyListener>()
/** Bytes of output on the way from the worker, which stops reading when this thread is stuck. */
const unread = new SharedArrayBuffer(4)
let worker: ScriptWorker | undefined

/** Hands a terminal to the worker. `tty` must stay open until `end`. */
export function openTerminal(handle: number, tty: Tty | null, listener: BunPtyListener): void {
  listeners.set(handle, listener)
  worker ??= start()
  worker.ref()
  const [device, number] = [tty?.descriptor ?? -1, tty?.number ?? -1]
  worker.postMessage({ do: "open", handle, device, number } satisfies BunPtyCommand)
}

/** Sends a command. The worker drops commands for a terminal that has ended. */
export function command(command: Exclude<BunPtyCommand, { do: "load" | "open" }>): void {
  worker?.postMessage(command)
}

function start(): ScriptWorker {
  const worker = startWorker({ source, url: new URL("./worker.ts", import.meta.url).href }, handle)
  worker.postMessage({ do: "load", library: libraryPath(), unread } satisfies BunPtyCommand)
  return worker
}

function handle(event: BunPtyEvent): void {
  const listener = listeners.get(event.handle)
  if (event.what === "output") {
    Atomics.sub(new Int32Array(unread), 0, event.bytes.byteLength)
    listener?.output(event.bytes)
  } else if (event.what === "taken") listener?.taken()
  else {
    listeners.delete(event.handle)
    if (listeners.size === 0) worker?.unref()
    listener?.end(event.code)
  }
}
