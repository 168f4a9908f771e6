// A session's output: the log in memory, older output on disk, and what happened at which offset.

import { PtylineError } from "../lib/errors.ts"
import type { Archive } from "../log/archive.ts"
import { InputLog } from "../log/inputs.ts"
import { ByteLog } from "../log/log.ts"
import { Marks } from "../log/marks.ts"
import { Times } from "../log/times.ts"
import type { Size, Stream } from "./backend.ts"
import type { SessionOptions } from "./options.ts"

/** A process after the first: its first offset in the log, and its start in ms since the epoch. */
export type Launch = { offset: number; at: number }

type OutputOptions = { spec: { size: Size } } & Pick<
  SessionOptions,
  "tty" | "separateStreams" | "logLimit" | "archive" | "start" | "launches"
>

/** The parts that a further process of the session continues. */
export type OutputParts = Pick<SessionOutput, "log" | "streams" | "marks" | "times" | "inputs">

export class SessionOutput {
  /** All output in arrival order; stderr included when the streams are separate. */
  readonly log: ByteLog
  readonly streams: { stdout: ByteLog; stderr: ByteLog } | null
  readonly marks: Marks
  readonly times: Times
  /** What was typed while the terminal echoed it; empty unless the session records input. */
  readonly inputs: InputLog
  readonly archive: Archive | null
  /** Offset of the current process's first byte in this server; older bytes are in the archive. */
  readonly lifeStart: number
  readonly #tty: boolean

  /** `earlier` is the output of the process before, which this one continues. */
  constructor(options: OutputOptions, earlier?: OutputParts) {
    const parts = earlier ?? emptyParts(options)
    this.log = parts.log
    this.streams = parts.streams
    this.marks = parts.marks
    this.times = parts.times
    this.inputs = parts.inputs
    this.archive = options.archive ?? null
    this.lifeStart = options.start ?? 0
    this.#tty = options.tty
    this.#markLaunches(options.launches ?? [], earlier !== undefined)
  }

  /** Marks the launch of this process; an earlier life has marked the launches before it. */
  #markLaunches(launches: Launch[], earlier: boolean): void {
    for (const [i, { offset }] of launches.entries())
      if (!earlier || i === launches.length - 1) this.marks.add(offset, { type: "relaunch", launch: i + 1 })
  }

  /** Offset of the oldest byte that can be read. */
  get base(): number {
    return this.archive ? Math.min(this.archive.base, this.log.base) : this.log.base
  }

  /** The readable range of the merged output. */
  get reach(): { base: number; end: number } {
    return { base: this.base, end: this.log.end }
  }

  /** Where a viewer without an offset begins: as far back as memory is meant to reach. */
  get replayStart(): number {
    return Math.max(this.base, this.log.end - this.log.limit)
  }

  /** Returns the merged log or that of a separate stream. Throws `invalid_input` for a missing stream. */
  stream(name?: Stream): ByteLog {
    if (name === undefined || (name === "pty" && this.#tty)) return this.log
    const log = name === "pty" ? undefined : this.streams?.[name]
    if (!log) throw new PtylineError("invalid_input", `this session has no stream ${name}`, { stream: name })
    return log
  }

  append(bytes: Uint8Array, stream: Stream): void {
    this.times.note(this.log.end)
    this.log.append(bytes)
    if (this.streams && stream !== "pty") this.streams[stream].append(bytes)
  }
}

const emptyParts = ({ spec, logLimit, start, separateStreams }: OutputOptions): OutputParts => ({
  log: new ByteLog(logLimit, start),
  streams: separateStreams ? { stdout: new ByteLog(logLimit), stderr: new ByteLog(logLimit) } : null,
  marks: new Marks(spec.size),
  times: new Times(),
  inputs: new InputLog(),
})
