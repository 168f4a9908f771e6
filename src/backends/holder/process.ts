// Process in a holder: sends commands over the holder's socket, and gets output from there or from disk.

import { connectUnix } from "#runtime/wire.ts"
import { type ErrorCode, PtylineError } from "../../core/lib/errors.ts"
import type { Signal } from "../../core/lib/units.ts"
import { delay } from "../../core/lib/wake.ts"
import type { Process, Sink, Size } from "../../core/session/backend.ts"
import type { UnixSocket } from "../../runtime/types.ts"
import {
  ANSWERS_AWAITS,
  FrameSplitter,
  HolderFrame,
  type HolderMessages,
  holderFrame,
  holderMessage,
  parseMessage,
  SAYS_WAITING,
} from "../../wire/holder.ts"
import { awaitsInput } from "../process/input-wait.ts"
import { Outbox } from "./outbox.ts"
import { HolderOutput, type OlderOutput } from "./output.ts"
import { HolderQuery } from "./query.ts"

/** How long a holder may take to greet, in ms. An ended session counts as greeted after its last output. */
const PATIENCE_MS = 10_000
/** Between two reconnects to a holder that hangs up, in ms. */
const RECONNECT_MS = 1000

type Hello = HolderMessages["hello"]
/** `connect` rejects without a listener. `ready` follows the greeting, or the end of an ended session. */
type Hooks = { connect(): Promise<UnixSocket>; ready(): void }

/**
 * Connects to the holder at `path` and follows its output from `from`. For an ended session it resolves after
 * the last output. Rejects when no holder listens.
 */
export async function connectHolder(
  path: string,
  sink: Sink,
  older: OlderOutput,
  from: number,
): Promise<DurableProcess> {
  const ready = Promise.withResolvers<DurableProcess>()
  const connect = () =>
    connectUnix(path, {
      data: bytes => process.received(bytes),
      drain: () => process.drain(),
      close: () => void process.disconnected(),
      error: error => ready.reject(error),
    })
  const process = new DurableProcess(sink, older, from, { connect, ready: () => ready.resolve(process) })
  process.open(await connect())
  const timeout = setTimeout(() => {
    ready.reject(new PtylineError("unavailable", "the session's holder does not answer"))
    process.lost()
  }, PATIENCE_MS)
  return ready.promise.finally(() => clearTimeout(timeout))
}

class DurableProcess implements Process {
  hello: Hello | null = null
  #sink: Sink
  #output: HolderOutput
  #hooks: Hooks
  #socket: UnixSocket | null = null
  #reconnectedAt = Number.NEGATIVE_INFINITY
  #splitter = new FrameSplitter()
  #outbox = new Outbox()
  /** Writes that the holder has not confirmed yet. */
  #writes: { resolve(): void; reject(error: unknown): void; bytes: number }[] = []
  /** Bytes that the holder has and the program has not taken yet. */
  #waiting = 0
  #awaits = new HolderQuery()
  #terminated: (PromiseWithResolvers<void> & { graceMs: number }) | null = null
  #caughtUp: Promise<void> = Promise.resolve()
  #exited = false
  #ended = false
  #closed = false

  constructor(sink: Sink, older: OlderOutput, from: number, hooks: Hooks) {
    this.#sink = sink
    this.#output = new HolderOutput(sink, older, from, {
      pause: () => this.#socket?.pause(),
      resume: () => this.#closed || this.#socket?.resume(),
    })
    this.#hooks = hooks
  }

  get pid(): number {
    return this.hello?.pid ?? 0
  }

  open(socket: UnixSocket): void {
    this.#socket = socket
    this.#outbox.open(socket)
  }

  /** Resolves when the holder has taken the input. Rejects with the error of its backend. */
  write(data: Uint8Array): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    this.#writes.push({ resolve, reject, bytes: data.byteLength })
    this.#awaits.invalidate()
    this.#send(holderFrame(HolderFrame.input, data))
    return promise
  }

  /**
   * The child is on this machine, but the system may let only an ancestor inspect it (Yama, ptrace_scope 1),
   * which a later server is not. Then this asks the holder, and returns its answer to the previous call.
   */
  awaitsInput(): boolean | null {
    const awaits = awaitsInput(this.pid)
    if (awaits !== null || (this.hello?.version ?? 0) < ANSWERS_AWAITS) return awaits
    return this.#awaits.ask(() => this.#send(holderFrame(HolderFrame.awaits)))
  }

  pending(): number {
    return this.#writes.reduce((sum, { bytes }) => sum + bytes, this.#waiting)
  }

  eof(): void {
    this.#send(holderFrame(HolderFrame.eof))
  }

  resize(size: Size): void {
    this.#send(holderMessage("resize", size))
  }

  signal(name: Signal): void {
    this.#send(holderMessage("signal", { name }))
  }

  terminate(graceMs: number): Promise<void> {
    if (this.#closed) return Promise.resolve()
    this.#terminated = { ...(this.#terminated ?? Promise.withResolvers<void>()), graceMs }
    this.#send(holderMessage("terminate", { grace_ms: graceMs }))
    return this.#terminated.promise
  }

  /** Closes the connection. After the end it also lets the holder exit. */
  close(): void {
    if (this.#closed) return
    if (this.#exited && this.#ended) this.#send(holderFrame(HolderFrame.bury))
    this.#closed = true
    this.#socket?.end()
    this.#settleAll()
  }

  received(bytes: Uint8Array): void {
    for (const { type, body } of this.#splitter.push(bytes)) this.#handle(type, body)
    if (!this.#closed) this.#output.throttle(bytes.length)
  }

  drain(): void {
    this.#outbox.flush()
  }

  /** The connection broke. Reconnects to a holder that still runs, and continues at the last byte. */
  async disconnected(): Promise<void> {
    if (this.#closed) return
    const soon = performance.now() - this.#reconnectedAt < RECONNECT_MS
    this.#socket = null
    this.#splitter = new FrameSplitter()
    this.#outbox = new Outbox()
    this.#awaits = new HolderQuery()
    this.#rejectWrites()
    await this.#caughtUp
    if (soon && this.#active) await delay(RECONNECT_MS)
    if (this.#closed) return
    try {
      if (!this.#active) throw new PtylineError("unavailable", "the holder did not greet")
      const socket = await this.#hooks.connect()
      if (this.#closed) return socket.end()
      this.#reconnectedAt = performance.now()
      this.open(socket)
    } catch {
      this.lost()
    }
  }

  /** Whether the holder has greeted and has not reported both exit and end. */
  get #active(): boolean {
    return this.hello !== null && !(this.#exited && this.#ended)
  }

  /** The holder is gone. Ends the session, with an unknown exit unless it is known. */
  lost(): void {
    if (this.#closed) return
    this.#closed = true
    this.#socket?.end()
    this.#settleAll()
    this.#hooks.ready()
    if (!this.#exited) this.#sink.exit({ code: null, signal: null })
    if (!this.#ended) this.#sink.end()
  }

  #handle(type: number, body: Uint8Array): void {
    if (type === HolderFrame.output) return this.#output.take(body)
    if (type === HolderFrame.hello) return this.#greet(parseMessage<"hello">(body))
    if (type === HolderFrame.behind) {
      this.#caughtUp = this.#catchUp(parseMessage<"behind">(body).base)
      return
    }
    if (type === HolderFrame.taken) return this.#taken(parseMessage<"taken">(body))
    if (type === HolderFrame.waiting) this.#waiting = parseMessage<"waiting">(body).bytes
    if (type === HolderFrame.awaiting) return this.#awaits.answered(parseMessage<"awaiting">(body).input)
    if (type === HolderFrame.terminated) return this.#terminated?.resolve()
    if (type === HolderFrame.typed) return this.#typed(parseMessage<"typed">(body))
    if (type === HolderFrame.exit) return this.#exit(parseMessage<"exit">(body))
    if (type === HolderFrame.end) this.#end()
  }

  #greet(hello: Hello): void {
    this.hello = hello
    this.#attach()
    if (this.#terminated) void this.terminate(this.#terminated.graceMs)
    if (!hello.ended) this.#hooks.ready()
  }

  async #catchUp(base: number): Promise<void> {
    const socket = this.#socket
    await this.#output.catchUp(base)
    // a new connection attaches at its greeting
    if (socket === this.#socket) this.#attach()
  }

  #attach(): void {
    this.#send(holderMessage("attach", { from: this.#output.next }))
  }

  #taken({ error, waiting }: HolderMessages["taken"]): void {
    const write = this.#writes.shift()
    if ((this.hello?.version ?? 0) >= SAYS_WAITING) this.#waiting = waiting
    if (error) write?.reject(new PtylineError(error.code as ErrorCode, error.message))
    else write?.resolve()
  }

  #typed({ offset, at, data }: HolderMessages["typed"]): void {
    this.#sink.input?.(Buffer.from(data, "base64"), { offset, at })
  }

  /** Every connection reports the exit again. */
  #exit({ code, signal, at }: HolderMessages["exit"]): void {
    if (this.#exited) return
    this.#exited = true
    this.#sink.exit({ code, signal, at })
  }

  /** A session that had already ended is ready only now, so that no client sees it running again. */
  #end(): void {
    if (this.#ended) return
    this.#ended = true
    this.#sink.end()
    this.#hooks.ready()
  }

  /** It is unknown whether the holder got this input. */
  #rejectWrites(): void {
    const error = new PtylineError("unavailable", "the connection to the session's holder broke")
    for (const { reject } of this.#writes.splice(0)) reject(error)
  }

  #settleAll(): void {
    this.#terminated?.resolve()
    for (const { resolve } of this.#writes.splice(0)) resolve()
  }

  #send(frame: Uint8Array): void {
    if (!this.#closed) this.#outbox.push(frame)
  }
}
