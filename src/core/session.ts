// A session: one process and the log of its output. Everything that looks at it is a cursor over that log.

import { Lease, type LeaseChange } from "./access.ts"
import { Allowance } from "./allowance.ts"
import type { Archive } from "./archive.ts"
import type { Ended, ExitStatus, Process, Signal, Sink, Size, Spec, Stream } from "./backend.ts"
import { PtylineError } from "./errors.ts"
import { type FollowEvent, follow } from "./follow.ts"
import { Inputs } from "./inputs.ts"
import { ByteLog } from "./log.ts"
import { Marks } from "./marks.ts"
import { Presence } from "./presence.ts"
import { type RecordEntry, Records } from "./records.ts"
import { Sizing } from "./sizing.ts"
import { Times } from "./times.ts"
import { Wake } from "./wake.ts"
import { Watcher } from "./watcher.ts"

/** Input that went in: bytes, the log's end at that moment, and when (or that not) the terminal has it. */
export type Written = { accepted: number; cursor: number; done: Promise<void> }

export type State = "running" | "exited" | "finished" | "removed"
/** A process whose end nobody saw is lost: both are null then. */
export type Exit = ExitStatus & { at: Date }
/** What happens to a session whose process was lost: nothing ever, nothing unless asked, or it is started again. */
export const RESTARTS = ["never", "manual", "always"] as const
export type Restart = (typeof RESTARTS)[number]
/** Where in the log a further process begins, and when it did, in ms since 1970. */
export type Launch = { offset: number; at: number }
/** Why a session was ended from outside: somebody asked for it, or its time was up. */
export type EndReason = "killed" | "timeout"

/** How long after the process ended its output may stay open before that is announced as `tail_open`, in ms. */
const TAIL_GRACE_MS = 250
/** Input that may wait for a child that does not read, in bytes. */
const MAX_PENDING_INPUT = 16 << 20

/** What frames pasted text. */
const PASTE_START = "\x1b[200~"
const PASTE_END = "\x1b[201~"
/** ESC and CSI: text is no keys, and with an end mark in it it could break out of the frame. */
const ESCAPES = /[\x1b\x9b]/g

let activities = 0

export type SessionOptions = {
  id: string
  spec: Spec
  backend: string
  tty: boolean
  separateStreams: boolean
  logLimit: number
  name: string | null
  tags: string[]
  owner: string | null
  /** What last happened to its lease in an earlier life. */
  lastLease?: LeaseChange | null
  /** Is there a terminal behind it that answers the program's questions itself? */
  answers?: boolean
  /** Sessions of one owner and workspace share their lease's holder. */
  workspace?: string | null
  warnings: string[]
  /** See `CreateRequest`. */
  endsWithServer?: boolean
  timeoutMs?: number
  idleTimeoutMs?: number
  restart?: Restart
  /** Processes it had beyond the first. */
  launches?: Launch[]
  /** The session of the process before, whose log this one goes on with. */
  earlier?: Session
  /** What surfaces kept about an earlier life. */
  facts?: RecordEntry[]
  /** Older output than memory holds; with it the session is durable. */
  archive?: Archive
  /** Where memory begins when the session had an earlier life, and since when it exists. */
  start?: number
  createdAt?: Date
}

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
  /** Whose window counts. */
  readonly sizing = new Sizing<Attachment>()
  /** When the output came. */
  readonly times: Times
  /** What was typed while the terminal echoed it; nothing unless the session records input. */
  readonly inputs: Inputs
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
  state: State = "running"
  exit: Exit | null = null
  /** Set when it was ended while it ran. */
  endReason: EndReason | null = null
  /** Bytes of input it was given. */
  received = 0
  /** What it may print and be sent per second; without a rate everything. */
  readonly allowed = { output: new Allowance(), input: new Allowance() }
  /** The process ended, and something else still holds its output open. */
  tailOpen = false
  #process: Process | null = null
  #watcher: Watcher
  #presence: Presence
  #attachments: Attachment[] = []
  #accepted = 0
  #tailTimer: ReturnType<typeof setTimeout> | undefined
  #outputEnded = false
  #terminating: { graceMs: number; done: Promise<void> } | null = null

  constructor(options: SessionOptions) {
    const { earlier, launches = [] } = options
    this.options = { ...options, earlier: undefined }
    this.id = options.id
    this.spec = options.spec
    this.backend = options.backend
    this.tty = options.tty
    this.name = options.name
    this.tags = options.tags
    this.owner = options.owner
    this.workspace = options.workspace ?? null
    this.lease = new Lease(options.id, options.lastLease)
    this.#presence = new Presence(this.lease)
    this.lease.listen(() => this.#alter())
    this.warnings = options.warnings
    this.size = options.spec.size
    this.marks = earlier?.marks ?? new Marks(this.size)
    this.log = earlier?.log ?? new ByteLog(options.logLimit, options.start)
    this.times = earlier?.times ?? new Times()
    this.inputs = earlier?.inputs ?? new Inputs()
    this.restart = options.restart ?? "manual"
    this.launches = launches
    for (const [i, { offset }] of launches.entries())
      if (!earlier || i === launches.length - 1) this.marks.add(offset, { type: "relaunch", launch: i + 1 })
    this.archive = options.archive ?? null
    this.lifeStart = options.start ?? 0
    this.timeoutMs = options.timeoutMs
    this.idleTimeoutMs = options.idleTimeoutMs
    this.endsWithServer = options.endsWithServer ?? false
    this.records = earlier?.records ?? new Records(options.facts)
    this.createdAt = options.createdAt ?? new Date()
    this.lastActiveAt = this.createdAt
    const { separateStreams: apart, logLimit } = options
    const streams = () => ({ stdout: new ByteLog(logLimit), stderr: new ByteLog(logLimit) })
    this.streams = apart ? (earlier?.streams ?? streams()) : null
    if (options.spec.recordInput)
      this.sink.input = (bytes, place) => {
        this.inputs.add(place?.offset ?? this.log.end, bytes, place?.at)
        this.changed.fire()
      }
    this.#watcher = new Watcher(this)
  }

  /** Learns from the end of an earlier life's output: the title, how to paste. */
  recall(bytes: Uint8Array): void {
    this.#watcher.recall(bytes)
  }

  /** Gives the session its process. `sink` must be the one that was passed to the backend. */
  start(process: Process): void {
    this.#process = process
    if (this.#outputEnded && this.exit) process.close()
  }

  /** What a backend reports to. */
  readonly sink: Sink = {
    output: (bytes, stream) => this.#output(bytes, stream),
    exit: status => this.#exited(status),
    end: () => this.#ended(),
    skip: to => this.log.skipTo(to),
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

  /** Did its process vanish, so that nobody knows how it ended? */
  get lost(): boolean {
    return this.exit !== null && this.exit.code === null && this.exit.signal === null
  }

  /** Does it outlive this process? */
  get durable(): boolean {
    return this.archive !== null
  }

  get pid(): number {
    return this.#process?.pid ?? 0
  }

  get viewers(): number {
    return this.#attachments.length
  }

  /** True once no further output is announced: the exit event may be delivered. */
  get closed(): boolean {
    return this.state === "finished" || this.state === "removed" || (this.state === "exited" && this.tailOpen)
  }

  /** Sends input. Answers how many bytes were taken and where the log ended then. Throws `held` for all but the lease's holder. */
  write(data: Uint8Array, client?: string): Written {
    const process = this.#driven(client)
    this.allowed.input.demand(data.byteLength)
    if (process.pending() + data.byteLength > MAX_PENDING_INPUT)
      throw new PtylineError(
        "limit_reached",
        `${process.pending()} bytes of input still wait for the program to read them`,
      )
    const cursor = this.log.end
    const done = Promise.resolve(process.write(data))
    this.#accepted += data.byteLength
    // whoever does not care for the answer must not make it an unhandled rejection
    done.catch(() => {})
    this.received += data.byteLength
    this.touch()
    return { accepted: data.byteLength, cursor, done }
  }

  /** Bytes of input so far: taken from callers, and of those handed to the operating system. */
  get input(): { accepted: number; handedOver: number } {
    return { accepted: this.#accepted, handedOver: this.#accepted - (this.#process?.pending() ?? 0) }
  }

  /** Pastes text as a terminal does: newlines become Enter, framed when the program asked for that. */
  paste(text: string, client?: string): Written {
    this.#watcher.look()
    const plain = text.replace(/\r?\n/g, "\r").replace(ESCAPES, "")
    return this.write(
      new TextEncoder().encode(this.#watcher.bracketedPaste ? PASTE_START + plain + PASTE_END : plain),
      client,
    )
  }

  /** Does the program wait for input that nobody has given yet? Throws `invalid_input` where that cannot be known, `not_running`. */
  awaitsInput(): boolean {
    const process = this.#live()
    if (process.pending() > 0) return false
    const waits = this.tty ? process.awaitsInput?.() : null
    if (typeof waits === "boolean") return waits
    const why = this.tty ? "the system does not tell what its program waits for" : "it has no terminal"
    throw new PtylineError(
      "invalid_input",
      `whether session ${this.name ?? this.id} waits for input cannot be known: ${why}`,
    )
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
    if (!this.exit) this.endReason ??= reason
    if (this.#terminating && graceMs < this.#terminating.graceMs) {
      this.#terminating.graceMs = graceMs
      void this.#process?.terminate(graceMs)
    }
    this.#terminating ??= { graceMs, done: this.#terminate(graceMs) }
    return this.#terminating.done
  }

  /** Takes the session out of the world: followers end, the process (if any is left) loses its descriptors. */
  remove(): void {
    clearTimeout(this.#tailTimer)
    this.#watcher.stop()
    this.#unlease()
    this.#process?.close()
    this.state = "removed"
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

  /** Takes, hands over or lets go the lease, for a session that lives. Throws `not_running`. */
  get liveLease(): Lease {
    this.#live()
    return this.lease
  }

  /**
   * Counts a viewer until it detaches. `interactive` viewers answer terminal queries, of those who may type the first; a
   * viewer with a client's name shows that this client is there.
   */
  attach(interactive: boolean, client?: string): Attachment {
    // what was asked while nobody was there is not this viewer's to answer
    if (interactive) this.#watcher.look()
    const leave = client === undefined ? () => {} : this.#presence.arrive(client)
    const attachment: Attachment = {
      answers: () => !this.options.answers && this.#answering === attachment,
      mayType: () => this.lease.permits(client),
      wish: size => {
        this.#driven(client)
        this.sizing.wish(attachment, size)
        this.#agree()
      },
      detach: () => {
        this.#attachments = this.#attachments.filter(a => a !== attachment)
        this.sizing.leave(attachment)
        this.#agree()
        leave()
        this.#alter()
      },
      interactive,
    }
    this.#attachments.push(attachment)
    this.touch()
    this.#alter()
    return attachment
  }

  /** Is there a viewer whose terminal answers the program's queries? */
  get answered(): boolean {
    return this.options.answers === true || this.#answering !== undefined
  }

  /** The size that suits the viewers now, as far as there is a program to be told. */
  #agree(): void {
    const size = this.sizing.agreed
    if (size && this.state === "running" && this.#process) this.#resizeTo(this.#process, size)
  }

  get #answering(): Attachment | undefined {
    return this.#attachments.find(a => a.interactive && a.mayType())
  }

  /** A client is alive: it did something with the session, if only to read. */
  acted(client?: string): void {
    this.#presence.acted(client)
  }

  touch(): void {
    this.lastActiveAt = new Date()
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
    const refused = (error: unknown) => {
      if (!(error instanceof PtylineError)) throw error
    }
    try {
      if (this.state !== "running") return
      Promise.resolve(this.#process?.write(new TextEncoder().encode(text))).catch(refused)
    } catch (error) {
      refused(error)
    }
  }

  #alter(): void {
    this.altered.fire()
    this.changed.fire()
  }

  #live(): Process {
    if (this.state === "running" && this.#process) return this.#process
    throw new PtylineError("not_running", `session ${this.name ?? this.id} has ended`, { exit: this.exit })
  }

  /** The process, for a client that may type into it. */
  #driven(client: string | undefined): Process {
    const process = this.#live()
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
    const kept = this.durable ? bytes : bytes.subarray(0, this.allowed.output.take(bytes.byteLength))
    this.log.append(kept)
    if (this.streams && stream !== "pty") this.streams[stream].append(kept)
    this.#watcher.noticed()
    this.touch()
    this.changed.fire()
  }

  #exited({ code, signal, at }: Ended): void {
    if (this.exit) return
    this.exit = { code, signal, at: at === undefined ? new Date() : new Date(at) }
    if (this.state === "running") this.state = "exited"
    this.#unlease()
    this.touch()
    if (this.#outputEnded) return this.#finish()
    this.#tailTimer = setTimeout(() => {
      this.tailOpen = true
      this.#alter()
    }, TAIL_GRACE_MS)
    this.#alter()
  }

  #ended(): void {
    this.#outputEnded = true
    if (this.exit) this.#finish()
  }

  #finish(): void {
    clearTimeout(this.#tailTimer)
    this.#watcher.look()
    this.#process?.close()
    this.tailOpen = false
    if (this.state === "exited") this.state = "finished"
    this.#alter()
  }

  /** Also after the program's own end: what it left behind belongs to the session. */
  async #terminate(graceMs: number): Promise<void> {
    await this.#process?.terminate(graceMs)
    const settled = AbortSignal.timeout(TAIL_GRACE_MS + 2000)
    while (!this.closed && !settled.aborted) await this.changed.wait(settled)
  }
}

export type Attachment = {
  interactive: boolean
  answers(): boolean
  mayType(): boolean
  /** Says how large this viewer's window is. Throws `held` and `not_running`. */
  wish(size: Size): void
  detach(): void
}
