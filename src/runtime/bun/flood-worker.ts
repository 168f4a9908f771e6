// Worker that reads flooding terminals, so that the server's thread stays free. Imports no file of ours.

import { dlopen, ptr } from "bun:ffi"

export type FloodCommand =
  | { do: "load"; library: string; backlog: SharedArrayBuffer }
  | { do: "read"; descriptor: number }
  | { do: "drop"; descriptor: number }

export type FloodEvent =
  | { what: "output"; descriptor: number; bytes: Uint8Array<ArrayBuffer> }
  | { what: "end" | "dropped"; descriptor: number }

/** poll(2): readable; an error, a hang-up, a closed descriptor. */
const POLLIN = 0x1
const POLLGONE = 0x8 | 0x10 | 0x20
/** Longest wait for output per poll, in ms; commands are handled between polls. */
const POLL_MS = 20
/** Output per event, in bytes. */
const PIECE = 128 << 10
/**
 * Yields of the processor before a terminal counts as empty: a kernel thread puts the next 4 KiB into it
 * meanwhile. Waking up for every 4 KiB would cost more than reading them.
 */
const YIELDS = 20
/** Most bytes that wait for the server's thread. Above, programs block on full terminals. */
const MAX_BACKLOG = 4 << 20

let system: ReturnType<typeof load>
let backlog = new Int32Array(new SharedArrayBuffer(4))
const descriptors = new Set<number>()
let buffer = new Uint8Array(PIECE)
let scheduled = false

self.onmessage = ({ data: command }: MessageEvent<FloodCommand>) => {
  if (command.do === "load") {
    system = load(command.library)
    backlog = new Int32Array(command.backlog)
  } else if (command.do === "read") descriptors.add(command.descriptor)
  else {
    descriptors.delete(command.descriptor)
    postMessage({ what: "dropped", descriptor: command.descriptor } satisfies FloodEvent)
  }
  schedule()
}

function load(library: string) {
  return dlopen(library, {
    poll: { args: ["ptr", "u64", "i32"], returns: "i32" },
    read: { args: ["i32", "ptr", "u64"], returns: "i64" },
    sched_yield: { args: [], returns: "i32" },
  }).symbols
}

function schedule(): void {
  if (scheduled || descriptors.size === 0) return
  scheduled = true
  if (Atomics.load(backlog, 0) > MAX_BACKLOG) setTimeout(readAll, 1)
  else setImmediate(readAll)
}

/** Reads every terminal once. */
function readAll(): void {
  scheduled = false
  if (Atomics.load(backlog, 0) <= MAX_BACKLOG)
    for (const [descriptor, events] of polled()) read(descriptor, events)
  schedule()
}

/** Polls all terminals. struct pollfd: descriptor (i32), requested events (i16), returned events (i16). */
function polled(): [descriptor: number, events: number][] {
  const list = [...descriptors]
  const fds = new Int32Array(list.flatMap(descriptor => [descriptor, POLLIN]))
  if (list.length === 0 || system.poll(ptr(fds), list.length, POLL_MS) <= 0) return []
  return list.map((descriptor, i): [number, number] => [descriptor, fds[2 * i + 1]! >>> 16])
}

/** Reads one terminal. An empty terminal whose other side is closed has ended. */
function read(descriptor: number, events: number): void {
  if ((events & (POLLIN | POLLGONE)) === 0) return
  const length = fill(descriptor)
  if (length > 0) send(descriptor, length)
  else if (events & POLLGONE) finish(descriptor)
}

/** Reads until the piece is full or the terminal is empty. Returns the number of bytes. */
function fill(descriptor: number): number {
  const start = ptr(buffer)
  let length = 0
  for (let yields = 0; length < PIECE && yields < YIELDS; ) {
    const n = Number(system.read(descriptor, start + length, PIECE - length))
    if (n <= 0) system.sched_yield()
    yields = n > 0 ? 0 : yields + 1
    length += Math.max(0, n)
  }
  return length
}

/** Sends the output; transfers a buffer that is mostly full instead of copying it. */
function send(descriptor: number, length: number): void {
  const transfers = 2 * length > PIECE
  const bytes = transfers ? buffer.subarray(0, length) : buffer.slice(0, length)
  if (transfers) buffer = new Uint8Array(PIECE)
  Atomics.add(backlog, 0, bytes.byteLength)
  postMessage({ what: "output", descriptor, bytes } satisfies FloodEvent, [bytes.buffer])
}

function finish(descriptor: number): void {
  descriptors.delete(descriptor)
  postMessage({ what: "end", descriptor } satisfies FloodEvent)
}
