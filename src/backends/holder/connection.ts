// One server connected to a holder: a cursor over the held log, and the orders it gives.

import type { PtylineError } from "../../core/lib/errors.ts"
import { SIGNALS } from "../../core/session/backend.ts"
import {
  FrameSplitter,
  HOLDER_VERSION,
  HolderFrame,
  type HolderMessages,
  holderFrame,
  holderMessage,
  outputHeader,
  parseMessage,
} from "../../wire/holder.ts"
import type { Holder } from "./holder.ts"
import { Outbox, type Wire } from "./outbox.ts"

/** Output per frame, in bytes. */
const PIECE = 256 << 10
/** More input than this is waited for; less is on its way, in the pieces that a terminal takes. In bytes. */
const UNDERWAY = 8192
/** How often it is looked whether waiting input was read, in ms. */
const LOOK_MS = 50

export class HolderConnection {
  #holder: Holder
  #wire: Wire & { end(): void }
  #splitter = new FrameSplitter()
  #outbox = new Outbox()
  #cursor: number | null = null
  #size: { cols: number; rows: number }
  #inputs = 0
  #told = { exit: false, end: false }
  #looking: ReturnType<typeof setTimeout> | undefined

  constructor(holder: Holder, wire: Wire & { end(): void }) {
    this.#holder = holder
    this.#wire = wire
    this.#outbox.open(wire)
    this.#size = holder.size
    const { birth, process, segments, exitStatus, ended, size } = holder
    const { base, end } = segments
    const hello = {
      version: HOLDER_VERSION,
      id: birth.id,
      pid: process.pid,
      base,
      end,
      ...size,
      exit: exitStatus,
      ended,
    }
    this.#outbox.push(holderMessage("hello", hello))
  }

  received(bytes: Uint8Array): void {
    try {
      for (const { type, body } of this.#splitter.push(bytes)) this.#obey(type, body)
    } catch {
      this.#wire.end()
    }
  }

  drain(): void {
    this.#outbox.flush()
    this.pump()
  }

  /** The server is gone. */
  close(): void {
    clearTimeout(this.#looking)
  }

  /** Sends what the cursor has not passed, as far as the socket takes it. The child never waits for that. */
  pump(): void {
    if (this.#cursor === null) return
    const { tail } = this.#holder
    if (this.#holder.size !== this.#size) this.#tellSize()
    while (this.#outbox.empty && this.#cursor < tail.end) {
      if (this.#cursor < tail.base) return this.#behind()
      this.#sendPiece(this.#cursor)
    }
    if (this.#cursor === tail.end) this.#tellEnd()
  }

  typed(input: HolderMessages["typed"]): void {
    this.#outbox.push(holderMessage("typed", input))
  }

  #behind(): void {
    this.#cursor = null
    this.#outbox.push(holderMessage("behind", { base: this.#holder.tail.base }))
  }

  #sendPiece(from: number): void {
    const { stream, until } = this.#holder.pieceAt(from)
    const bytes = this.#holder.tail.read(from, Math.min(PIECE, until - from))
    this.#cursor = from + bytes.length
    this.#outbox.push(outputHeader(stream, from, bytes.length))
    this.#outbox.lend(bytes)
  }

  #tellSize(): void {
    this.#size = this.#holder.size
    this.#outbox.push(holderMessage("resized", { offset: this.#holder.tail.end, ...this.#size }))
  }

  /** The exit comes after the output there was, so that a slow server does not take it for an open tail. */
  #tellEnd(): void {
    const { exitStatus, ended } = this.#holder
    if (exitStatus && !this.#told.exit) {
      this.#told.exit = true
      this.#outbox.push(holderMessage("exit", exitStatus))
    }
    if (ended && !this.#told.end) {
      this.#told.end = true
      this.#outbox.push(holderFrame(HolderFrame.end))
    }
  }

  #obey(type: number, body: Uint8Array): void {
    const { process } = this.#holder
    if (type === HolderFrame.attach) return this.#attach(parseMessage<"attach">(body).from)
    if (type === HolderFrame.input) return this.#input(body)
    if (type === HolderFrame.eof) return process.eof()
    if (type === HolderFrame.resize) return this.#holder.resize(parseMessage<"resize">(body))
    if (type === HolderFrame.signal) return this.#signal(parseMessage<"signal">(body).name)
    if (type === HolderFrame.terminate) return this.#terminate(parseMessage<"terminate">(body).grace_ms)
    if (type === HolderFrame.awaits) return this.#awaiting()
    if (type === HolderFrame.bury) this.#holder.bury()
  }

  #attach(from: number): void {
    this.#cursor = from
    this.pump()
  }

  #input(body: Uint8Array): void {
    const count = this.#inputs++
    const { process } = this.#holder
    try {
      process.write(body)
      const waiting = this.#waiting()
      this.#outbox.push(holderMessage("taken", { count, waiting }))
      if (waiting > 0) this.#watchInput()
    } catch (error) {
      const { code, message } = error as PtylineError
      this.#outbox.push(holderMessage("taken", { count, waiting: this.#waiting(), error: { code, message } }))
    }
  }

  #awaiting(): void {
    const input = this.#holder.process.awaitsInput?.() ?? null
    this.#outbox.push(holderMessage("awaiting", { input }))
  }

  #waiting(): number {
    const bytes = this.#holder.process.pending()
    return bytes > UNDERWAY ? bytes : 0
  }

  #watchInput(): void {
    clearTimeout(this.#looking)
    this.#looking = setTimeout(() => {
      const bytes = this.#waiting()
      this.#outbox.push(holderMessage("waiting", { bytes }))
      if (bytes > 0) this.#watchInput()
    }, LOOK_MS)
  }

  #signal(name: string): void {
    const known = SIGNALS.find(signal => signal === name)
    if (known) this.#holder.process.signal(known)
  }

  #terminate(graceMs: number): void {
    void this.#holder.process
      .terminate(graceMs)
      .then(() => this.#outbox.push(holderFrame(HolderFrame.terminated)))
  }
}
