// The holder: a process of its own that owns one session's program, writes its log, and serves it to whatever server comes.

import { rmSync } from "node:fs"
import { ByteLog } from "../../core/log/log.ts"
import type { ExitStatus, Process, Sink, Stream } from "../../core/session/backend.ts"
import { type Watched, Watcher } from "../../core/session/watcher.ts"
import { encodeExit, encodeMarker, encodeSize } from "../../store/frames/frame-facts.ts"
import { SegmentWriter } from "../../store/segments/writer.ts"
import { HOLDER_STREAMS, type HolderExit } from "../../wire/holder.ts"
import { echoBackend } from "../echo.ts"
import { pipeBackend } from "../pipe/backend.ts"
import { heldTerminalBackend } from "../terminal/backend.ts"
import { mixedBackend } from "../terminal/mixed.ts"
import type { HolderConfig } from "./config.ts"
import { HolderListener } from "./listener.ts"

/** Output kept in memory for the server that follows, in bytes; older output is in the segments. */
const TAIL = 1 << 20

const BACKENDS = { terminal: heldTerminalBackend, pipe: pipeBackend, mixed: mixedBackend, echo: echoBackend }

/** One held session. Everything that can be asked of it comes from `HolderListener`. */
export class Holder implements Sink {
  readonly birth: HolderConfig
  readonly tail: ByteLog
  /** Which stream each piece of the tail came from, newest last; pieces older than the tail are forgotten. */
  readonly pieces: { offset: number; stream: number }[] = []
  readonly segments: SegmentWriter
  exitStatus: HolderExit | null = null
  ended = false
  /** Only when input is recorded. */
  input?: (bytes: Uint8Array) => void
  size: { cols: number; rows: number }
  #process: Process | null = null
  #listener: HolderListener
  #watcher: Watcher | null = null

  /** Starts the program and the socket. Throws what the backend throws. */
  constructor(birth: HolderConfig) {
    this.birth = birth
    this.size = birth.spec.size
    this.segments = new SegmentWriter(birth.directory, Buffer.from(birth.key, "base64"), {
      limit: birth.diskLimit,
      sync: birth.sync,
      start: birth.start,
    })
    this.tail = new ByteLog(TAIL, this.segments.end, { frees: true })
    if (birth.relaunch !== undefined)
      this.segments.append("marker", encodeMarker({ relaunch: birth.relaunch }))
    this.segments.append("resize", encodeSize(this.size))
    if (birth.spec.recordInput) this.input = bytes => this.#typed(bytes)
    const backend = BACKENDS[birth.backend]
    this.#process = backend.spawn(birth.spec, this)
    this.#listener = new HolderListener(this)
    this.#watcher = new Watcher(this.#watched(backend.tty))
  }

  get process(): Process {
    return this.#process!
  }

  output(bytes: Uint8Array, stream: Stream): void {
    this.segments.append(stream, bytes)
    this.#remember(HOLDER_STREAMS.indexOf(stream))
    this.tail.append(bytes)
    this.#watcher?.noticed()
    this.#listener.moved()
  }

  #typed(bytes: Uint8Array): void {
    const at = Date.now()
    this.segments.append("input", bytes, at)
    this.#listener.typed({ offset: this.segments.end, at, data: Buffer.from(bytes).toString("base64") })
  }

  exit(status: ExitStatus): void {
    this.exitStatus = { ...status, at: Date.now() }
    this.segments.append("exit", encodeExit(status))
    this.segments.flush()
    this.#listener.moved()
  }

  end(): void {
    this.ended = true
    this.segments.flush()
    this.#listener.moved()
  }

  resize(size: { cols: number; rows: number }): void {
    this.size = size
    this.process.resize(size)
    this.segments.append("resize", encodeSize(size))
    this.#listener.moved()
  }

  /** The server has the exit and the last byte: nothing is left to hold. */
  bury(): void {
    this.process.close()
    this.segments.close()
    rmSync(this.birth.socket, { force: true })
    process.exit(0)
  }

  /** Which stream the byte at `offset` came from, and how far that goes. `offset` lies in the tail. */
  pieceAt(offset: number): { stream: number; until: number } {
    const i = this.pieces.findLastIndex(piece => piece.offset <= offset)
    return { stream: this.pieces[i]?.stream ?? 0, until: this.pieces[i + 1]?.offset ?? this.tail.end }
  }

  /** While no server is there, the holder answers the program's basic questions to its terminal. */
  #watched(tty: boolean): Watched {
    const [tail, listener] = [this.tail, this.#listener]
    const answer = (text: string) => void this.process.write(new TextEncoder().encode(text))
    return {
      log: tail,
      tty,
      answer,
      setTitle: () => {},
      viewers: {
        get answered() {
          return listener.attended
        },
      },
    }
  }

  #remember(stream: number): void {
    const last = this.pieces.at(-1)
    if (last?.stream !== stream) this.pieces.push({ offset: this.tail.end, stream })
    while (this.pieces.length > 1 && this.pieces[1]!.offset <= this.tail.base) this.pieces.shift()
  }
}
