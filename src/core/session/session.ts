// A session: one process and the log of its output. Every reader is a cursor over that log.

import { Lease } from "../access/lease.ts"
import { Allowance } from "../lib/rate-limit.ts"
import type { Signal } from "../lib/units.ts"
import { Wake } from "../lib/wake.ts"
import { type FollowEvent, follow } from "../log/follow.ts"
import type { ByteLog } from "../log/log.ts"
import type { Process, Sink, Size, Stream } from "./backend.ts"
import { SessionIdentity } from "./identity.ts"
import { answerQuery, awaitsInput, Keyboard, pasted, type Written } from "./keyboard.ts"
import { type EndReason, Life, type LifeState } from "./life.ts"
import type { SessionOptions } from "./options.ts"
import { SessionOutput } from "./output.ts"
import { Presence } from "./presence.ts"
import { type Attachment, Viewers } from "./viewers.ts"
import { Watcher } from "./watcher.ts"

export class Session extends SessionIdentity {
  /** The exclusive right to type. Input from every surface is checked against it. */
  readonly lease: Lease
  readonly output: SessionOutput
  /** The merged output: `output.log`. */
  readonly log: ByteLog
  readonly life: LifeState
  readonly viewers: Viewers
  /** Fires on new output and on every change of state. */
  readonly changed = new Wake()
  /** Fires on a change of state, size, title, viewers or lease, and not on output. */
  readonly altered = new Wake()
  size: Size
  title = ""
  /** Limits on output and input in bytes per second; unlimited without a rate. */
  readonly allowed = { output: new Allowance(), input: new Allowance() }
  #life: Life
  #watcher: Watcher
  #presence: Presence
  #keyboard = new Keyboard(this.allowed.input)

  constructor(options: SessionOptions) {
    super(options)
    this.size = options.spec.size
    this.output = new SessionOutput(options, options.earlier?.output)
    this.log = this.output.log
    this.lease = new Lease(options.id, options.lastLease)
    this.#presence = new Presence(this.lease)
    this.lease.listen(() => this.#alter())
    this.#life = this.#newLife()
    this.life = this.#life
    this.viewers = this.#newViewers()
    if (options.spec.recordInput) this.sink.input = (bytes, place) => this.#typed(bytes, place)
    this.#watcher = new Watcher(this)
  }

  #newLife(): Life {
    return new Life({
      label: () => this.label,
      changed: this.changed,
      exited: () => {
        this.#releaseLease()
        this.touch(this.life.exit?.at)
      },
      complete: () => this.#watcher.scan(),
      alter: () => this.#alter(),
    })
  }

  #newViewers(): Viewers {
    return new Viewers({
      lease: this.lease,
      presence: this.#presence,
      answersItself: this.options.answers === true,
      admit: client => void this.#processFor(client),
      fit: size => this.#fit(size),
      alter: () => this.#alter(),
    })
  }

  /** Learns the title and the paste mode from the end of an earlier life's output. */
  recall(bytes: Uint8Array): void {
    this.#watcher.recall(bytes)
  }

  /** Gives the session its process. The backend must have been given `sink`. */
  start(process: Process): void {
    this.#life.start(process)
  }

  /** Where the backend reports output, exit and end. */
  readonly sink: Sink = {
    output: (bytes, stream) => this.#output(bytes, stream),
    exit: status => this.#life.exited(status),
    end: () => this.#life.outputEnded(),
    skip: to => this.log.skipTo(to),
    // separate streams are measured here, so none of their bytes may be skipped
    watched: () => this.output.streams !== null || this.changed.awaited,
  }

  /** Whether it survives this server. */
  get durable(): boolean {
    return this.output.archive !== null
  }

  /** Sends input. Throws `held` unless `client` may type. */
  write(data: Uint8Array, client?: string): Written {
    const process = this.#processFor(client)
    const cursor = this.log.end
    const done = this.#keyboard.send(process, data)
    this.touch()
    return { accepted: data.byteLength, cursor, done }
  }

  /** Bytes of input so far: accepted from callers, and of those handed to the operating system. */
  get input(): { accepted: number; handedOver: number } {
    const { accepted } = this.#keyboard
    return { accepted, handedOver: accepted - (this.#life.process?.pending() ?? 0) }
  }

  /** Pastes text as a terminal does: newlines become Enter, bracketed when the program asked for that. */
  paste(text: string, client?: string): Written {
    this.#watcher.scan()
    return this.write(pasted(text, this.#watcher.bracketedPaste), client)
  }

  /** Whether it waits and no input is pending. Throws `invalid_input` when unknown, `not_running`. */
  awaitsInput(): boolean {
    return awaitsInput(this.#life.live, this)
  }

  /** End of input: closes a pipe, types end-of-file on a terminal. */
  eof(client?: string): void {
    this.#processFor(client).eof()
    this.touch()
  }

  /** Explicit resize; discards sizes requested by viewers. */
  resize(size: Size, client?: string): void {
    const process = this.#processFor(client)
    this.viewers.sizing.clear()
    this.#resizeTo(process, size)
  }

  #resizeTo(process: Process, size: Size): void {
    if (size.cols === this.size.cols && size.rows === this.size.rows) return
    process.resize(size)
    this.size = size
    this.output.marks.add(this.log.end, { type: "resize", ...size })
    this.#alter()
  }

  signal(name: Signal, client?: string): void {
    this.#processFor(client).signal(name)
    this.touch()
  }

  /** Ends the process tree; resolves after its last output. A second call may shorten the grace. */
  end(graceMs: number, reason: EndReason = "killed"): Promise<void> {
    return this.#life.end(graceMs, reason)
  }

  /** Removes the session: followers end, and a remaining process loses its descriptors. */
  remove(): void {
    this.#watcher.stop()
    this.#releaseLease()
    this.#life.remove()
    this.#alter()
  }

  /** Everything from `from` on, in order, each byte once, and the exit last. See `follow.ts`. */
  follow(from: number, signal?: AbortSignal): AsyncGenerator<FollowEvent> {
    return follow(this, from, signal)
  }

  /** The lease of a running session, to take, hand over or release. Throws `not_running`. */
  get liveLease(): Lease {
    void this.#life.live
    return this.lease
  }

  /** The first `interactive` viewer that may type answers queries. `client` is present until it detaches. */
  attach(interactive: boolean, client?: string): Attachment {
    // queries from before the attach are answered here, not by this viewer
    if (interactive) this.#watcher.scan()
    const attachment = this.viewers.attach(interactive, client)
    this.touch()
    this.#alter()
    return attachment
  }

  /** Applies the size the viewers agree on, while the program runs. */
  #fit(size: Size): void {
    const { process } = this.#life
    if (this.life.state === "running" && process) this.#resizeTo(process, size)
  }

  /** Notes that a client is present: it used the session, perhaps only to read. */
  acted(client?: string): void {
    this.#presence.acted(client)
  }

  setTitle(title: string): void {
    if (title === this.title) return
    this.title = title
    this.output.marks.add(this.log.end, { type: "title", title })
    this.#alter()
  }

  answer(text: string): void {
    if (this.life.state === "running") answerQuery(this.#life.process, text)
  }

  #alter(): void {
    this.altered.fire()
    this.changed.fire()
  }

  /** Returns the process to a client that may type into it. Throws `held` and `not_running`. */
  #processFor(client: string | undefined): Process {
    const process = this.#life.live
    this.lease.demand(client)
    this.#presence.acted(client)
    return process
  }

  #releaseLease(): void {
    this.#presence.stop()
    this.lease.end()
  }

  #output(bytes: Uint8Array, stream: Stream): void {
    // the holder of a durable session assigns its offsets, so nothing may be dropped here
    const room = this.durable ? bytes.byteLength : this.allowed.output.take(bytes.byteLength)
    this.output.append(room === bytes.byteLength ? bytes : bytes.subarray(0, room), stream)
    this.#watcher.schedule()
    this.touch()
    this.changed.fire()
  }

  #typed(bytes: Uint8Array, place?: { offset: number; at: number }): void {
    this.output.inputs.add(place?.offset ?? this.log.end, bytes, place?.at)
    this.changed.fire()
  }
}
