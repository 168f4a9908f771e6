// A session: one process and the log of its output. Everything that looks at it is a cursor over that log.

import { Lease } from "../access/principal.ts"
import { PtylineError } from "../lib/errors.ts"
import { Allowance } from "../lib/rate-limit.ts"
import { Wake } from "../lib/wake.ts"
import type { Archive } from "../log/archive.ts"
import { type FollowEvent, follow } from "../log/follow.ts"
import { InputLog } from "../log/inputs.ts"
import { ByteLog } from "../log/log.ts"
import { Marks } from "../log/marks.ts"
import { Times } from "../log/times.ts"
import type { Process, Signal, Sink, Size, Spec, Stream } from "./backend.ts"
import { answerQuery, awaitsInput, Keyboard, pasted, type Written } from "./keyboard.ts"
import { type EndReason, type Exit, Life, type SessionState } from "./life.ts"
import type { Launch, Restart, SessionOptions } from "./options.ts"
import { Presence } from "./presence.ts"
import { Records } from "./records.ts"
import type { Sizing } from "./sizing.ts"
import { type Attachment, Viewers } from "./viewers.ts"
import { Watcher } from "./watcher.ts"

let activities = 0

export class Session {
  readonly options: SessionOptions
  readonly id: string
  readonly spec: Spec
  readonly backend: string
  readonly tty: boolean
  readonly warnings: string[]
  readonly owner: string | null
  readonly workspace: string | null
  /** Who alone may type, if anybody does. Every surface's input passes it. */
  readonly lease: Lease
  readonly createdAt: Date
  readonly archive: Archive | null
  /** Offset of the first byte that came in this process's life; what was before is the archive's to tell. */
  readonly lifeStart: number
  readonly timeoutMs: number | undefined
  readonly idleTimeoutMs: number | undefined
  readonly restart: Restart
  readonly launches: Launch[]
  /** What surfaces keep about it; survives with the session. */
  readonly records: Records
  /** All output in arrival order; stderr included when the streams are separate. */
  readonly log: ByteLog
  readonly streams: { stdout: ByteLog; stderr: ByteLog } | null
  readonly marks: Marks
  /** When the output came. */
  readonly times: Times
  /** What was typed while the terminal echoed it; nothing unless the session records input. */
  readonly inputs: InputLog
  /** Fires on new output and on every change of state. */
  readonly changed = new Wake()
  /** Fires on a change of state, size, title, viewers or lease, and not on output. */
  readonly altered = new Wake()
  name: string | null
  tags: string[]
  size: Size
  title = ""
  /** Does an orderly stop of the server end it, though it is durable? Call `Sessions.updated` behind a change. */
  endsWithServer: boolean
  lastActiveAt: Date
  /** Grows with every activity of any session: their order, which a clock's milliseconds do not tell. */
  activity = ++activities
  /** What it may print and be sent per second; without a rate everything. */
  readonly allowed = { output: new Allowance(), input: new Allowance() }
  #life: Life
  #watcher: Watcher
  #presence: Presence
  #viewers: Viewers
  #keyboard = new Keyboard(this.allowed.input)

  constructor(options: SessionOptions) {
    const { earlier } = options
    this.options = { ...options, earlier: undefined }
    this.id = options.id
    this.spec = options.spec
    this.size = options.spec.size
    this.backend = options.backend
    this.tty = options.tty
    this.name = options.name
    this.tags = options.tags
    this.owner = options.owner
    this.workspace = options.workspace ?? null
    this.warnings = options.warnings
    this.restart = options.restart ?? "manual"
    this.timeoutMs = options.timeoutMs
    this.idleTimeoutMs = options.idleTimeoutMs
    this.endsWithServer = options.endsWithServer ?? false
    this.createdAt = options.createdAt ?? new Date()
    this.lastActiveAt = this.createdAt
    this.archive = options.archive ?? null
    this.lifeStart = options.start ?? 0
    ;({ log: this.log, streams: this.streams } = earlier ?? emptyLogs(options))
    this.times = earlier?.times ?? new Times()
    this.marks = earlier?.marks ?? new Marks(this.size)
    this.inputs = earlier?.inputs ?? new InputLog()
    this.records = earlier?.records ?? new Records(options.facts)
    this.launches = options.launches ?? []
    this.#markLaunches(earlier !== undefined)
    this.lease = new Lease(options.id, options.lastLease)
    this.#presence = new Presence(this.lease)
    this.lease.listen(() => this.#alter())
    this.#life = this.#newLife()
    this.#viewers = this.#newViewers()
    if (options.spec.recordInput) this.sink.input = (bytes, place) => this.#typed(bytes, place)
    this.#watcher = new Watcher(this)
  }

  /** What an earlier life went through is marked already, but for the launch of this one. */
  #markLaunches(earlier: boolean): void {
    for (const [i, { offset }] of this.launches.entries())
      if (!earlier || i === this.launches.length - 1)
        this.marks.add(offset, { type: "relaunch", launch: i + 1 })
  }

  #newLife(): Life {
    return new Life({
      label: () => this.label,
      changed: this.changed,
      exited: () => {
        this.#unlease()
        this.touch(this.#life.exit?.at)
      },
      complete: () => this.#watcher.look(),
      alter: () => this.#alter(),
    })
  }

  #newViewers(): Viewers {
    return new Viewers({
      lease: this.lease,
      presence: this.#presence,
      answersItself: this.options.answers === true,
      admit: client => void this.#driven(client),
      fit: size => this.#fit(size),
      alter: () => this.#alter(),
    })
  }

  /** Learns from the end of an earlier life's output: the title, how to paste. */
  recall(bytes: Uint8Array): void {
    this.#watcher.recall(bytes)
  }

  /** Gives the session its process. `sink` must be the one that was passed to the backend. */
  start(process: Process): void {
    this.#life.start(process)
  }

  /** What a backend reports to. */
  readonly sink: Sink = {
    output: (bytes, stream) => this.#output(bytes, stream),
    exit: status => this.#life.exited(status),
    end: () => this.#life.outputEnded(),
    skip: to => this.log.skipTo(to),
    // how long the separate streams are is counted here
    watched: () => this.streams !== null || this.changed.awaited,
  }

  get state(): SessionState {
    return this.#life.state
  }

  get exit(): Exit | null {
    return this.#life.exit
  }

  /** Set when it was ended while it ran. */
  get endReason(): EndReason | null {
    return this.#life.endReason
  }

  /** The process ended, and something else still holds its output open. */
  get tailOpen(): boolean {
    return this.#life.tailOpen
  }

  /** True once no further output is announced: the exit event may be delivered. */
  get closed(): boolean {
    return this.#life.closed
  }

  /** Did its process vanish, so that nobody knows how it ended? */
  get lost(): boolean {
    return this.#life.lost
  }

  get pid(): number {
    return this.#life.process?.pid ?? 0
  }

  /** What people know it by. */
  get label(): string {
    return this.name ?? this.id
  }

  /** Offset of the oldest byte that can be read. */
  get base(): number {
    return this.archive ? Math.min(this.archive.base, this.log.base) : this.log.base
  }

  /** What can be read of the merged output. */
  get reach(): { base: number; end: number } {
    return { base: this.base, end: this.log.end }
  }

  /** Where a viewer begins that does not say: as far back as memory is meant to reach. */
  get replayStart(): number {
    return Math.max(this.base, this.log.end - this.log.limit)
  }

  /** When its present process began. */
  get launchedAt(): Date {
    const last = this.launches.at(-1)
    return last ? new Date(last.at) : this.createdAt
  }

  /** Does it outlive this process? */
  get durable(): boolean {
    return this.archive !== null
  }

  get viewers(): number {
    return this.#viewers.count
  }

  /** Whose window counts. */
  get sizing(): Sizing<Attachment> {
    return this.#viewers.sizing
  }

  /** Sends input. Answers how many bytes were taken and where the log ended then. Throws `held` for all but the lease's holder. */
  write(data: Uint8Array, client?: string): Written {
    const process = this.#driven(client)
    const cursor = this.log.end
    const done = this.#keyboard.send(process, data)
    this.touch()
    return { accepted: data.byteLength, cursor, done }
  }

  /** Bytes of input it was given. */
  get received(): number {
    return this.#keyboard.accepted
  }

  /** Bytes of input so far: taken from callers, and of those handed to the operating system. */
  get input(): { accepted: number; handedOver: number } {
    return { accepted: this.received, handedOver: this.received - (this.#life.process?.pending() ?? 0) }
  }

  /** Pastes text as a terminal does: newlines become Enter, framed when the program asked for that. */
  paste(text: string, client?: string): Written {
    this.#watcher.look()
    return this.write(pasted(text, this.#watcher.bracketedPaste), client)
  }

  /** Does the program wait for input that nobody has given yet? Throws `invalid_input` where that cannot be known, `not_running`. */
  awaitsInput(): boolean {
    return awaitsInput(this.#life.live, this)
  }

  /** End of input: closes a pipe, types end-of-file on a terminal. */
  eof(client?: string): void {
    this.#driven(client).eof()
    this.touch()
  }

  /** In so many words: what viewers wished for before is over. */
  resize(size: Size, client?: string): void {
    const process = this.#driven(client)
    this.sizing.settled()
    this.#resizeTo(process, size)
  }

  #resizeTo(process: Process, size: Size): void {
    if (size.cols === this.size.cols && size.rows === this.size.rows) return
    process.resize(size)
    this.size = size
    this.marks.add(this.log.end, { type: "resize", ...size })
    this.#alter()
  }

  signal(name: Signal, client?: string): void {
    this.#driven(client).signal(name)
    this.touch()
  }

  /**
   * Ends the process tree; resolves when it is gone and the last output is in the log. A second call may cut the grace short;
   * the first one's reason stays.
   */
  end(graceMs: number, reason: EndReason = "killed"): Promise<void> {
    return this.#life.end(graceMs, reason)
  }

  /** Takes the session out of the world: followers end, the process (if any is left) loses its descriptors. */
  remove(): void {
    this.#watcher.stop()
    this.#unlease()
    this.#life.remove()
    this.#alter()
  }

  /** Everything from `from` on, in order, each byte once, and the exit last. See `follow.ts`. */
  follow(from: number, signal?: AbortSignal): AsyncGenerator<FollowEvent> {
    return follow(this, from, signal)
  }

  /** The log a reader means: the merged one, or one of the separate streams. */
  stream(name?: Stream): ByteLog {
    if (name === undefined || (name === "pty" && this.tty)) return this.log
    const log = name === "pty" ? undefined : this.streams?.[name]
    if (!log) throw new PtylineError("invalid_input", `this session has no stream ${name}`, { stream: name })
    return log
  }

  /** The lease of a session that lives, to be taken, handed over or let go. Throws `not_running`. */
  get liveLease(): Lease {
    void this.#life.live
    return this.lease
  }

  /**
   * Counts a viewer until it detaches. `interactive` viewers answer terminal queries, of those who may type the first; a
   * viewer with a client's name shows that this client is there.
   */
  attach(interactive: boolean, client?: string): Attachment {
    // what was asked while nobody was there is not this viewer's to answer
    if (interactive) this.#watcher.look()
    const attachment = this.#viewers.attach(interactive, client)
    this.touch()
    this.#alter()
    return attachment
  }

  /** Is there a viewer whose terminal answers the program's queries? */
  get answered(): boolean {
    return this.#viewers.answered
  }

  /** The viewers agree on a size; followed as far as there is a program to be told. */
  #fit(size: Size): void {
    const { process } = this.#life
    if (this.state === "running" && process) this.#resizeTo(process, size)
  }

  /** A client is alive: it did something with the session, if only to read. */
  acted(client?: string): void {
    this.#presence.acted(client)
  }

  touch(at = new Date()): void {
    this.lastActiveAt = at
    this.activity = ++activities
  }

  setTitle(title: string): void {
    if (title === this.title) return
    this.title = title
    this.marks.add(this.log.end, { type: "title", title })
    this.#alter()
  }

  /** Answers a terminal query on behalf of a terminal that is not there. Without room for it the question stays open. */
  answer(text: string): void {
    if (this.state === "running") answerQuery(this.#life.process, text)
  }

  #alter(): void {
    this.altered.fire()
    this.changed.fire()
  }

  /** The process, for a client that may type into it. */
  #driven(client: string | undefined): Process {
    const process = this.#life.live
    this.lease.demand(client)
    this.#presence.acted(client)
    return process
  }

  #unlease(): void {
    this.#presence.stop()
    this.lease.end()
  }

  #output(bytes: Uint8Array, stream: Stream): void {
    this.times.note(this.log.end)
    // the offsets of a durable session are its holder's
    const room = this.durable ? bytes.byteLength : this.allowed.output.take(bytes.byteLength)
    const kept = room === bytes.byteLength ? bytes : bytes.subarray(0, room)
    this.log.append(kept)
    if (this.streams && stream !== "pty") this.streams[stream].append(kept)
    this.#watcher.noticed()
    this.touch()
    this.changed.fire()
  }

  #typed(bytes: Uint8Array, place?: { offset: number; at: number }): void {
    this.inputs.add(place?.offset ?? this.log.end, bytes, place?.at)
    this.changed.fire()
  }
}

const emptyLogs = ({ logLimit, start, separateStreams }: SessionOptions) => ({
  log: new ByteLog(logLimit, start),
  streams: separateStreams ? { stdout: new ByteLog(logLimit), stderr: new ByteLog(logLimit) } : null,
})
