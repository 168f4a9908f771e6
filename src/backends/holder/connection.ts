// Connection of one server to a holder: a cursor over the session's log, and the server's commands.

import type { PtylineError } from "../../core/lib/errors.ts"
import { SIGNALS } from "../../core/lib/units.ts"
import type { ByteLog } from "../../core/log/log.ts"
import type { Process, Size } from "../../core/session/backend.ts"
import {
  FrameSplitter,
  HOLDER_VERSION,
  type HolderExit,
  HolderFrame,
  type HolderMessages,
  holderFrame,
  holderMessage,
  outputHeader,
  parseMessage,
} from "../../wire/holder.ts"
import { Outbox, type Writable } from "./outbox.ts"

/** Output per frame, in bytes. */
const PIECE = 256 << 10
/** Pending input up to this size, in bytes, counts as taken: it is on its way in pieces for the terminal. */
const UNDERWAY = 8192
/** Between two reports of pending input, in ms. */
const REPORT_MS = 50

/** The session in a holder, as its connections use it. */
export interface HeldSession {
  readonly id: string
  readonly process: Process
  /** Recent output. Older output is on disk, from `segments.base` on. */
  readonly tail: ByteLog
  readonly segments: { readonly base: number; readonly end: number }
  readonly exitStatus: HolderExit | null
  readonly ended: boolean
  readonly size: Size
  resize(size: Size): void
  /** Returns the stream of the byte at `offset`, which is in the tail, and where that piece ends. */
  pieceAt(offset: number): { stream: number; until: number }
  /** Ends the holder. The server has the exit and all output. */
  bury(): void
}

type HolderSocket = Writable & { end(): void }

export class HolderConnection {
  #session: HeldSession
  #socket: HolderSocket
  #splitter = new FrameSplitter()
  #outbox = new Outbox()
  #cursor: number | null = null
  #size: Size
  #inputs = 0
  #sent = { exit: false, end: false }
  #inputTimer: ReturnType<typeof setTimeout> | undefined

  constructor(session: HeldSession, socket: HolderSocket) {
    this.#session = session
    this.#socket = socket
    this.#outbox.open(socket)
    this.#size = session.size
    const { id, process, segments, exitStatus, ended, size } = session
    const { base, end } = segments
    const version = HOLDER_VERSION
    const hello = { version, id, pid: process.pid, base, end, ...size, exit: exitStatus, ended }
    this.#outbox.push(holderMessage("hello", hello))
  }

  received(bytes: Uint8Array): void {
    try {
      for (const { type, body } of this.#splitter.push(bytes)) this.#handle(type, body)
    } catch {
      this.#socket.end()
    }
  }

  drain(): void {
    this.#outbox.flush()
    this.pump()
  }

  /** Call it when the server has disconnected. */
  close(): void {
    clearTimeout(this.#inputTimer)
  }

  /** Sends output from the cursor on, as much as the socket takes. The program never waits for it. */
  pump(): void {
    if (this.#cursor === null) return
    const { tail } = this.#session
    if (this.#session.size !== this.#size) this.#sendSize()
    while (this.#outbox.empty && this.#cursor < tail.end) {
      if (this.#cursor < tail.base) return this.#sendBehind()
      this.#sendOutput(this.#cursor)
    }
    if (this.#cursor === tail.end) this.#sendEnd()
  }

  typed(input: HolderMessages["typed"]): void {
    this.#outbox.push(holderMessage("typed", input))
  }

  #sendBehind(): void {
    this.#cursor = null
    this.#outbox.push(holderMessage("behind", { base: this.#session.tail.base }))
  }

  #sendOutput(from: number): void {
    const { stream, until } = this.#session.pieceAt(from)
    const bytes = this.#session.tail.read(from, Math.min(PIECE, until - from))
    this.#cursor = from + bytes.length
    this.#outbox.push(outputHeader(stream, from, bytes.length))
    this.#outbox.lend(bytes)
  }

  #sendSize(): void {
    this.#size = this.#session.size
    this.#outbox.push(holderMessage("resized", { offset: this.#session.tail.end, ...this.#size }))
  }

  /** Sends the exit after the existing output, so that a slow server does not report an open tail. */
  #sendEnd(): void {
    const { exitStatus, ended } = this.#session
    if (exitStatus && !this.#sent.exit) {
      this.#sent.exit = true
      this.#outbox.push(holderMessage("exit", exitStatus))
    }
    if (ended && !this.#sent.end) {
      this.#sent.end = true
      this.#outbox.push(holderFrame(HolderFrame.end))
    }
  }

  #handle(type: number, body: Uint8Array): void {
    const { process } = this.#session
    if (type === HolderFrame.attach) return this.#attach(parseMessage<"attach">(body).from)
    if (type === HolderFrame.input) return this.#input(body)
    if (type === HolderFrame.eof) return process.eof()
    if (type === HolderFrame.resize) return this.#session.resize(parseMessage<"resize">(body))
    if (type === HolderFrame.signal) return this.#signal(parseMessage<"signal">(body).name)
    if (type === HolderFrame.terminate) return this.#terminate(parseMessage<"terminate">(body).grace_ms)
    if (type === HolderFrame.awaits) return this.#sendAwaiting()
    if (type === HolderFrame.bury) this.#session.bury()
  }

  #attach(from: number): void {
    this.#cursor = from
    this.pump()
  }

  #input(body: Uint8Array): void {
    const count = this.#inputs++
    try {
      this.#session.process.write(body)
      const waiting = this.#pendingInput()
      this.#outbox.push(holderMessage("taken", { count, waiting }))
      if (waiting > 0) this.#reportInput()
    } catch (error) {
      const { code, message } = error as PtylineError
      const waiting = this.#pendingInput()
      this.#outbox.push(holderMessage("taken", { count, waiting, error: { code, message } }))
    }
  }

  #sendAwaiting(): void {
    const input = this.#session.process.awaitsInput?.() ?? null
    this.#outbox.push(holderMessage("awaiting", { input }))
  }

  #pendingInput(): number {
    const bytes = this.#session.process.pending()
    return bytes > UNDERWAY ? bytes : 0
  }

  /** Reports pending input until none is left. */
  #reportInput(): void {
    clearTimeout(this.#inputTimer)
    this.#inputTimer = setTimeout(() => {
      const bytes = this.#pendingInput()
      this.#outbox.push(holderMessage("waiting", { bytes }))
      if (bytes > 0) this.#reportInput()
    }, REPORT_MS)
  }

  #signal(name: string): void {
    const signal = SIGNALS.find(known => known === name)
    if (signal) this.#session.process.signal(signal)
  }

  #terminate(graceMs: number): void {
    void this.#session.process
      .terminate(graceMs)
      .then(() => this.#outbox.push(holderFrame(HolderFrame.terminated)))
  }
}
