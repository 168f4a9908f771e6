// Holder: a process that owns one session's program, writes its log, and serves it to the current server.

import { rmSync } from "node:fs"
import { PtylineError } from "../../core/lib/errors.ts"
import { ByteLog } from "../../core/log/log.ts"
import type { Backend, ExitStatus, Process, Sink, Size, Stream } from "../../core/session/backend.ts"
import { type Watched, Watcher } from "../../core/session/watcher.ts"
import { encodeExit, encodeMarker, encodeSize } from "../../store/frames/frame-facts.ts"
import { SegmentWriter } from "../../store/segments/writer.ts"
import { HOLDER_STREAMS, type HolderExit } from "../../wire/holder.ts"
import { echoBackend } from "../echo.ts"
import { pipeBackend } from "../pipe/backend.ts"
import { holderTerminalBackend } from "../terminal/backend.ts"
import type { HolderConfig } from "./config.ts"
import type { HeldSession } from "./connection.ts"
import { HolderListener } from "./listener.ts"

/** Output kept in memory for the server, in bytes; older output is in the segments. */
const TAIL = 1 << 20

/** The backends of durable sessions, by kind. */
export const HOLDER_BACKENDS: Record<string, Backend> = {
  terminal: holderTerminalBackend,
  pipe: pipeBackend,
  echo: echoBackend,
}

export class Holder implements Sink, HeldSession {
  readonly tail: ByteLog
  readonly segments: SegmentWriter
  exitStatus: HolderExit | null = null
  ended = false
  /** Set only when input is recorded. */
  input?: (bytes: Uint8Array) => void
  size: Size
  /** The stream of each piece of the tail, in order. Pieces before the tail are dropped. */
  readonly #pieces: { offset: number; stream: number }[] = []
  readonly #config: HolderConfig
  #process: Process | null = null
  #listener: HolderListener
  #watcher: Watcher | null = null

  /** Starts the program and listens on the socket. Throws the error of the backend. */
  constructor(config: HolderConfig) {
    this.#config = config
    this.size = config.spec.size
    this.segments = new SegmentWriter(config.directory, Buffer.from(config.key, "base64"), {
      limit: config.diskLimit,
      sync: config.sync,
      start: config.start,
    })
    this.tail = new ByteLog(TAIL, this.segments.end, { frees: true })
    if (config.relaunch !== undefined)
      this.segments.append("marker", encodeMarker({ relaunch: config.relaunch }))
    this.segments.append("resize", encodeSize(this.size))
    if (config.spec.recordInput) this.input = bytes => this.#typed(bytes)
    const backend = HOLDER_BACKENDS[config.backend]
    if (!backend) throw new PtylineError("unavailable", `a holder cannot run backend ${config.backend}`)
    this.#process = backend.spawn(config.spec, this)
    this.#listener = new HolderListener(this, config.socket)
    this.#watcher = new Watcher(this.#watched(backend.tty))
  }

  get id(): string {
    return this.#config.id
  }

  get process(): Process {
    return this.#process!
  }

  output(bytes: Uint8Array, stream: Stream): void {
    this.segments.append(stream, bytes)
    this.#addPiece(HOLDER_STREAMS.indexOf(stream))
    this.tail.append(bytes)
    this.#watcher?.schedule()
    this.#listener.changed()
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
    this.#listener.changed()
  }

  end(): void {
    this.ended = true
    this.segments.flush()
    this.#listener.changed()
  }

  resize(size: Size): void {
    this.size = size
    this.process.resize(size)
    this.segments.append("resize", encodeSize(size))
    this.#listener.changed()
  }

  bury(): void {
    this.process.close()
    this.segments.close()
    rmSync(this.#config.socket, { force: true })
    process.exit(0)
  }

  pieceAt(offset: number): { stream: number; until: number } {
    const i = this.#pieces.findLastIndex(piece => piece.offset <= offset)
    return { stream: this.#pieces[i]?.stream ?? 0, until: this.#pieces[i + 1]?.offset ?? this.tail.end }
  }

  /** The holder answers basic terminal queries while no server is connected. */
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
          return listener.connected
        },
      },
    }
  }

  #addPiece(stream: number): void {
    const last = this.#pieces.at(-1)
    if (last?.stream !== stream) this.#pieces.push({ offset: this.tail.end, stream })
    while (this.#pieces.length > 1 && this.#pieces[1]!.offset <= this.tail.base) this.#pieces.shift()
  }
}
