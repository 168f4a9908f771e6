// Runs in a worker: reads the terminals that flood, so that the thread of the server keeps its turns. Stands alone.

import { dlopen, ptr } from "bun:ffi"

export type FloodCommand =
  | { do: "load"; library: string; backlog: SharedArrayBuffer }
  | { do: "read"; descriptor: number }
  | { do: "drop"; descriptor: number }

export type FloodEvent =
  | { what: "output"; descriptor: number; bytes: Uint8Array<ArrayBuffer> }
  | { what: "end" | "dropped"; descriptor: number }

/** poll(2): something to read, an error, the other side is gone. */
const POLLIN = 0x1
const POLLGONE = 0x8 | 0x10 | 0x20
/** How long one look waits for output, in ms; orders are heard between looks. */
const LOOK_MS = 20
/** Output per report, in bytes. */
const PIECE = 128 << 10
/**
 * A thread of the kernel's puts the next 4 KiB into an empty terminal: so often the processor is left to that before the
 * terminal counts as empty. Waking up for every 4 KiB instead would cost more than reading them.
 */
const TURNS = 20
/** While this much waits for the other thread nothing is read, and the programs stop at their full terminals. */
const MAX_BACKLOG = 4 << 20

let system: ReturnType<typeof load>
let backlog = new Int32Array(new SharedArrayBuffer(4))
const descriptors = new Set<number>()
let buffer = new Uint8Array(PIECE)
let planned = false

self.onmessage = ({ data: order }: MessageEvent<FloodCommand>) => {
  if (order.do === "load") {
    system = load(order.library)
    backlog = new Int32Array(order.backlog)
  } else if (order.do === "read") descriptors.add(order.descriptor)
  else {
    descriptors.delete(order.descriptor)
    postMessage({ what: "dropped", descriptor: order.descriptor } satisfies FloodEvent)
  }
  plan()
}

function load(library: string) {
  return dlopen(library, {
    poll: { args: ["ptr", "u64", "i32"], returns: "i32" },
    read: { args: ["i32", "ptr", "u64"], returns: "i64" },
    sched_yield: { args: [], returns: "i32" },
  }).symbols
}

function plan(): void {
  if (planned || descriptors.size === 0) return
  planned = true
  if (Atomics.load(backlog, 0) > MAX_BACKLOG) setTimeout(turn, 1)
  else setImmediate(turn)
}

/** Looks at every terminal once. */
function turn(): void {
  planned = false
  if (Atomics.load(backlog, 0) <= MAX_BACKLOG)
    for (const [descriptor, events] of ready()) take(descriptor, events)
  plan()
}

/** struct pollfd: descriptor (i32), what is asked (i16), what is so (i16). */
function ready(): [descriptor: number, events: number][] {
  const list = [...descriptors]
  const questions = new Int32Array(list.flatMap(descriptor => [descriptor, POLLIN]))
  if (list.length === 0 || system.poll(ptr(questions), list.length, LOOK_MS) <= 0) return []
  return list.map((descriptor, i): [number, number] => [descriptor, questions[2 * i + 1]! >>> 16])
}

/** A terminal without another side, and empty, is at its end. */
function take(descriptor: number, events: number): void {
  if ((events & (POLLIN | POLLGONE)) === 0) return
  const length = fill(descriptor)
  if (length > 0) give(descriptor, length)
  else if (events & POLLGONE) finish(descriptor)
}

/** Reads until the piece is full or the terminal empty. Answers how many bytes. */
function fill(descriptor: number): number {
  const start = ptr(buffer)
  let length = 0
  for (let turns = 0; length < PIECE && turns < TURNS; ) {
    const n = Number(system.read(descriptor, start + length, PIECE - length))
    if (n <= 0) system.sched_yield()
    turns = n > 0 ? 0 : turns + 1
    length += Math.max(0, n)
  }
  return length
}

/** A buffer that is mostly full is given away as it is. */
function give(descriptor: number, length: number): void {
  const whole = 2 * length > PIECE
  const bytes = whole ? buffer.subarray(0, length) : buffer.slice(0, length)
  if (whole) buffer = new Uint8Array(PIECE)
  Atomics.add(backlog, 0, bytes.byteLength)
  postMessage({ what: "output", descriptor, bytes } satisfies FloodEvent, [bytes.buffer])
}

function finish(descriptor: number): void {
  descriptors.delete(descriptor)
  postMessage({ what: "end", descriptor } satisfies FloodEvent)
}
