// A held process as the core sees it: orders go over the holder's socket, output comes from it, and from disk when it ran ahead.

import { type ErrorCode, PtylineError } from "../../core/lib/errors.ts"
import { delay } from "../../core/lib/wake.ts"
import type { Process, Signal, Sink, Size } from "../../core/session/backend.ts"
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
import { Outbox, type Wire } from "./outbox.ts"
import { HolderOutput, type OlderOutput } from "./output.ts"
import { HolderQuery } from "./query.ts"

/** A holder greets at once; an ended one when its last output was read. */
const PATIENCE_MS = 10_000
/** Between two tries to reach a holder that hangs up, in ms. */
const AGAIN_MS = 1000

type Hello = HolderMessages["hello"]
type HolderWire = Wire & { end(): void; pause(): void; resume(): void }
/** Of the holder's socket: `reach` connects to it, and rejects when nobody listens. */
type Ways = { reach(): Promise<HolderWire>; greeted(): void }

/** Connects to the holder at `socket` and follows its output from `from`; an ended one to its end. Rejects when nobody listens. */
export async function connectHolder(
  socket: string,
  sink: Sink,
  older: OlderOutput,
  from: number,
): Promise<DurableProcess> {
  const greeted = Promise.withResolvers<DurableProcess>()
  const reach = () =>
    Bun.connect({
      unix: socket,
      socket: {
        data: (_, bytes) => held.received(bytes),
        drain: () => held.drain(),
        close: () => void held.cut(),
        error: (_, error) => greeted.reject(error),
      },
    })
  const held = new DurableProcess(sink, older, from, { reach, greeted: () => greeted.resolve(held) })
  const wire = await reach()
  held.open(wire)
  const late = setTimeout(() => {
    greeted.reject(new PtylineError("unavailable", "the session's holder does not answer"))
    held.lost()
  }, PATIENCE_MS)
  return greeted.promise.finally(() => clearTimeout(late))
}

export class DurableProcess implements Process {
  hello: Hello | null = null
  #sink: Sink
  #intake: HolderOutput
  #ways: Ways
  #wire: HolderWire | null = null
  #reachedAgainAt = Number.NEGATIVE_INFINITY
  #splitter = new FrameSplitter()
  #outbox = new Outbox()
  #answers: { resolve(): void; reject(error: unknown): void; bytes: number }[] = []
  /** Bytes that the holder has and the program does not take yet. */
  #waiting = 0
  #awaits = new HolderQuery()
  #terminated: (PromiseWithResolvers<void> & { graceMs: number }) | null = null
  #caughtUp: Promise<void> = Promise.resolve()
  #exited = false
  #ended = false
  #closed = false

  constructor(sink: Sink, older: OlderOutput, from: number, ways: Ways) {
    this.#sink = sink
    this.#intake = new HolderOutput(sink, older, from, {
      pause: () => this.#wire?.pause(),
      resume: () => this.#closed || this.#wire?.resume(),
    })
    this.#ways = ways
  }

  get pid(): number {
    return this.hello?.pid ?? 0
  }

  open(wire: HolderWire): void {
    this.#wire = wire
    this.#outbox.open(wire)
  }

  /** Resolves when the terminal has the input; rejects when it refused it. */
  write(data: Uint8Array): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    this.#answers.push({ resolve, reject, bytes: data.byteLength })
    this.#awaits.forget()
    this.#send(holderFrame(HolderFrame.input, data))
    return promise
  }

  /**
   * A holder's child is on this machine too. But the system may let nobody look at it who is not its ancestor, as the server
   * is no more that took it up (Yama, ptrace_scope 1): then the holder is asked, and this is what it said since the last call.
   */
  awaitsInput(): boolean | null {
    const seen = awaitsInput(this.pid)
    if (seen !== null || (this.hello?.version ?? 0) < ANSWERS_AWAITS) return seen
    return this.#awaits.look(() => this.#send(holderFrame(HolderFrame.awaits)))
  }

  pending(): number {
    return this.#answers.reduce((sum, { bytes }) => sum + bytes, this.#waiting)
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

  /** After the end the holder is let go; before it, only this connection is. */
  close(): void {
    if (this.#closed) return
    if (this.#exited && this.#ended) this.#send(holderFrame(HolderFrame.bury))
    this.#closed = true
    this.#wire?.end()
    this.#settle()
  }

  received(bytes: Uint8Array): void {
    for (const { type, body } of this.#splitter.push(bytes)) this.#hear(type, body)
    if (!this.#closed) this.#intake.sip(bytes.length)
  }

  drain(): void {
    this.#outbox.flush()
  }

  /** The connection broke. A holder that is there all the same is reached once more, where the output was cut. */
  async cut(): Promise<void> {
    if (this.#closed) return
    const soon = performance.now() - this.#reachedAgainAt < AGAIN_MS
    this.#wire = null
    this.#splitter = new FrameSplitter()
    this.#outbox = new Outbox()
    this.#awaits = new HolderQuery()
    this.#refuse()
    await this.#caughtUp
    if (soon && this.#begun) await delay(AGAIN_MS)
    if (this.#closed) return
    try {
      if (!this.#begun) throw new PtylineError("unavailable", "the holder never greeted")
      const wire = await this.#ways.reach()
      if (this.#closed) return wire.end()
      this.#reachedAgainAt = performance.now()
      this.open(wire)
    } catch {
      this.lost()
    }
  }

  /** Did it greet, and has it not said all there is to say? */
  get #begun(): boolean {
    return this.hello !== null && !(this.#exited && this.#ended)
  }

  /** The holder is gone. Without an exit known that is the session's end all the same. */
  lost(): void {
    if (this.#closed) return
    this.#closed = true
    this.#wire?.end()
    this.#settle()
    this.#ways.greeted()
    if (!this.#exited) this.#sink.exit({ code: null, signal: null })
    if (!this.#ended) this.#sink.end()
  }

  #hear(type: number, body: Uint8Array): void {
    if (type === HolderFrame.output) return this.#intake.take(body)
    if (type === HolderFrame.hello) return this.#greet(parseMessage<"hello">(body))
    if (type === HolderFrame.behind) {
      this.#caughtUp = this.#catchUp(parseMessage<"behind">(body).base)
      return
    }
    if (type === HolderFrame.taken) return this.#taken(parseMessage<"taken">(body))
    if (type === HolderFrame.waiting) this.#waiting = parseMessage<"waiting">(body).bytes
    if (type === HolderFrame.awaiting) return this.#awaits.heard(parseMessage<"awaiting">(body).input)
    if (type === HolderFrame.terminated) return this.#terminated?.resolve()
    if (type === HolderFrame.typed) return this.#typed(parseMessage<"typed">(body))
    if (type === HolderFrame.exit) return this.#exit(parseMessage<"exit">(body))
    if (type === HolderFrame.end) this.#end()
  }

  #greet(hello: Hello): void {
    this.hello = hello
    this.#attach()
    if (this.#terminated) void this.terminate(this.#terminated.graceMs)
    if (!hello.ended) this.#ways.greeted()
  }

  async #catchUp(base: number): Promise<void> {
    const wire = this.#wire
    await this.#intake.catchUp(base)
    // over another connection that is asked for at its greeting
    if (wire === this.#wire) this.#attach()
  }

  #attach(): void {
    this.#send(holderMessage("attach", { from: this.#intake.next }))
  }

  #taken({ error, waiting }: HolderMessages["taken"]): void {
    const answer = this.#answers.shift()
    if ((this.hello?.version ?? 0) >= SAYS_WAITING) this.#waiting = waiting
    if (error) answer?.reject(new PtylineError(error.code as ErrorCode, error.message))
    else answer?.resolve()
  }

  #typed({ offset, at, data }: HolderMessages["typed"]): void {
    this.#sink.input?.(Buffer.from(data, "base64"), { offset, at })
  }

  /** Said once more on every connection. */
  #exit({ code, signal, at }: HolderMessages["exit"]): void {
    if (this.#exited) return
    this.#exited = true
    this.#sink.exit({ code, signal, at })
  }

  /** One that had ended before is taken up with its end, so that nobody sees it run once more. */
  #end(): void {
    if (this.#ended) return
    this.#ended = true
    this.#sink.end()
    this.#ways.greeted()
  }

  /** Nobody knows whether the input that was on its way has arrived. */
  #refuse(): void {
    const error = new PtylineError("unavailable", "the connection to the session's holder broke")
    for (const { reject } of this.#answers.splice(0)) reject(error)
  }

  #settle(): void {
    this.#terminated?.resolve()
    for (const { resolve } of this.#answers.splice(0)) resolve()
  }

  #send(frame: Uint8Array): void {
    if (!this.#closed) this.#outbox.push(frame)
  }
}
