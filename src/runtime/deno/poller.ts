// Descriptors that do not block, and the one thread that waits for all of them: epoll(7).

import { ptr } from "./ffi.ts"
import { closeDescriptor, libc, O_CLOEXEC, O_NONBLOCK } from "./libc.ts"

/** Called once. `gone`: the other side is closed, or the descriptor has failed. */
type Ready = (gone: boolean) => void

const F_GETFL = 3
const F_SETFL = 4
const EPOLL_CTL_ADD = 1
const EPOLL_CTL_DEL = 2
const EPOLL_CTL_MOD = 3
const EPOLLIN = 0x1
const EPOLLOUT = 0x4
/** EPOLLERR, EPOLLHUP. */
const GONE = 0x8 | 0x10
/** An event disarms its descriptor. */
const EPOLLONESHOT = 0x40000000
const EPOLLET = 0x80000000
/** struct epoll_event in words, with the position of its data: packed on x86-64 only. */
const [WORDS, DATA] = process.arch === "x64" ? [3, 1] : [4, 2]
/** Most events per wait. */
const EVENTS = 64

type Epoll = { descriptor: number; wake: number; wait(events: number): Promise<number> }
let epoll: Epoll | undefined
/** Descriptors with an armed event. While there is one, a thread waits, and this process does not exit. */
const armed = new Map<number, PolledDescriptor>()
let waiting = false
/** Never reused, unlike a descriptor's number: an event may arrive after its descriptor was closed. */
let nextId = 1

/** Owns its descriptor. */
export class PolledDescriptor {
  readonly number: number
  #id = nextId++
  #onReadable: Ready | null = null
  #onWritable: Ready | null = null
  #armed = false
  #closed = false

  constructor(descriptor: number) {
    this.number = descriptor
    const flags = libc().fcntl(descriptor, F_GETFL, 0)
    libc().fcntl(descriptor, F_SETFL, flags | O_NONBLOCK)
  }

  get closed(): boolean {
    return this.#closed
  }

  whenReadable(ready: Ready): void {
    this.#onReadable = ready
    this.#arm()
  }

  whenWritable(ready: Ready): void {
    this.#onWritable = ready
    this.#arm()
  }

  /** Returns the number of bytes, 0 at the end and -1 for none now. */
  read(address: number, length: number): number {
    return Number(libc().read(this.number, address, length))
  }

  /** Returns the number of bytes that the system took, or -1. */
  write(bytes: Uint8Array, at: number): number {
    return Number(libc().write(this.number, ptr(bytes, at), bytes.length - at))
  }

  /** Forgets what is awaited. Safe to call twice. */
  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#onReadable = null
    this.#onWritable = null
    if (armed.delete(this.#id)) control(EPOLL_CTL_DEL, this.number, 0, 0)
    if (waiting && armed.size === 0) libc().eventfd_write(epoll!.wake, 1)
    closeDescriptor(this.number)
  }

  /** Passes events of epoll(7) on. */
  fire(events: number): void {
    const gone = (events & GONE) !== 0
    const onReadable = gone || events & EPOLLIN ? this.#onReadable : null
    const onWritable = gone || events & EPOLLOUT ? this.#onWritable : null
    armed.delete(this.#id)
    this.#armed = false
    if (onReadable) this.#onReadable = null
    if (onWritable) this.#onWritable = null
    onReadable?.(gone)
    onWritable?.(gone)
    if (!this.#armed) this.#arm()
  }

  #arm(): void {
    const events = (this.#onReadable ? EPOLLIN : 0) | (this.#onWritable ? EPOLLOUT : 0)
    if (this.#closed || events === 0) return
    epoll ??= open()
    const set = (operation: number) => control(operation, this.number, events | EPOLLONESHOT, this.#id)
    this.#armed = true
    if (set(EPOLL_CTL_MOD) || set(EPOLL_CTL_ADD)) {
      armed.set(this.#id, this)
      if (!waiting) void wait(epoll)
    } else setImmediate(() => this.fire(events | GONE)) // a file has no events: it is ready until it fails
  }
}

/** Reports an error of a handler and continues: the other descriptors still need their events. */
function fire(id: number, events: number): void {
  try {
    armed.get(id)?.fire(events)
  } catch (error) {
    reportError(error)
  }
}

async function wait({ wait }: Epoll): Promise<void> {
  const events = new Uint32Array(EVENTS * WORDS)
  waiting = true
  while (armed.size > 0) {
    const count = await wait(ptr(events))
    for (let at = 0; at < count * WORDS; at += WORDS) fire(events[at + DATA]!, events[at]!)
  }
  waiting = false
}

function control(operation: number, descriptor: number, events: number, id: number): boolean {
  const event = new Uint32Array(WORDS)
  event[0] = events
  event[DATA] = id
  return libc().epoll_ctl(epoll!.descriptor, operation, descriptor, ptr(event)) === 0
}

function open(): Epoll {
  const { epoll_wait } = Deno.dlopen(libc().name, {
    epoll_wait: { parameters: ["i32", "usize", "i32", "i32"], result: "i32", nonblocking: true },
  }).symbols
  const descriptor = libc().epoll_create1(O_CLOEXEC)
  epoll = {
    descriptor,
    wake: libc().eventfd(0, O_CLOEXEC | O_NONBLOCK),
    wait: events => epoll_wait(descriptor, BigInt(events), EVENTS, -1),
  }
  // reports each write once: its value stays unread
  control(EPOLL_CTL_ADD, epoll.wake, EPOLLIN | EPOLLET, 0)
  return epoll
}
