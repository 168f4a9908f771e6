// Attach client without a socket: one viewer's position in a session's log, kept across connections.

import { type ClientFrame, CloseCode, type FrameOf, type ServerFrame } from "./attach.ts"
import { Backoff } from "./backoff.ts"

type Exit = Pick<FrameOf<"exit">, "code" | "signal">

/** Output whose first byte has offset `from`. */
export type OutputEvent = { type: "output"; from: number; bytes: Uint8Array }

/** `first`: the client had no offset to resume at. `otherLog`: the log ends before the client's offset. */
export type HelloEvent = FrameOf<"hello"> & { first: boolean; otherLog: boolean }

export type AttachEvent = OutputEvent | HelloEvent | Exclude<ServerFrame, { type: "hello" }>

/** What a close code means. After "gone", "signed-out" and "refused" there is no reason to connect again. */
type Closing = "gone" | "signed-out" | "refused" | "busy" | "stopping" | "lost"

export type AttachClientOptions = {
  /** Offset of the first byte wanted; missing: what the server sends by default. */
  from?: number
  backoff?: Backoff
  /** How long failed attempts may go on, in ms. */
  patienceMs?: number
}

/** Bytes parsed before an acknowledgement is due: an eighth of the server's window, so it never closes. */
const ACK_BYTES = 64 << 10
/** Input goes out in pieces of this many bytes: a large paste would exceed the server's frame limit. */
const INPUT_BYTES = 64 << 10
/** A connection that lasted this long, in ms, counts as good although it brought no output. */
const STEADY_MS = 5_000

const CLOSINGS: Record<number, Closing> = {
  [CloseCode.notFound]: "gone",
  [CloseCode.unauthorized]: "signed-out",
  [CloseCode.policy]: "refused",
  [CloseCode.tooBig]: "refused",
  [CloseCode.takenOver]: "refused",
  [CloseCode.limit]: "busy",
  [CloseCode.serverStops]: "stopping",
}

export const closingOf = (code: number): Closing => CLOSINGS[code] ?? "lost"

export class AttachClient {
  readonly #backoff: Backoff
  readonly #patienceMs: number
  #offset: number | null
  /** The offset that the connection asked for; asked for again if it brings nothing after its hello. */
  #startOffset: number | null
  #progressed = false
  #greetedAt: number | null = null
  #lastGoodAt = Date.now()
  #replayEnd = 0
  #parsed = 0
  #acked = 0
  #exit: Exit | null = null

  constructor({ from, backoff, patienceMs }: AttachClientOptions = {}) {
    this.#offset = from ?? null
    this.#startOffset = this.#offset
    this.#backoff = backoff ?? new Backoff()
    this.#patienceMs = patienceMs ?? Number.POSITIVE_INFINITY
  }

  /** Every byte before this offset has been parsed, or is in a gap. */
  get parsed(): number {
    return this.#parsed
  }

  /** True while what arrives is history: bytes, and sizes and titles at their places among them. */
  get replaying(): boolean {
    return (this.#offset ?? 0) < this.#replayEnd
  }

  /** The session's exit; null while more may come. */
  get exit(): Exit | null {
    return this.#exit
  }

  /** Starts a connection. Returns the offset to resume at; null when the server chooses. */
  connecting(): number | null {
    if (this.#progressed) this.#startOffset = this.#offset
    this.#offset = this.#startOffset
    this.#progressed = false
    this.#greetedAt = null
    return this.#offset
  }

  /** Makes the next connection start afresh instead of resuming. */
  restart(): void {
    this.#offset = null
    this.#startOffset = null
  }

  received(data: string | ArrayBuffer): AttachEvent {
    if (typeof data !== "string") return this.#output(new Uint8Array(data))
    const frame = JSON.parse(data) as ServerFrame
    if (frame.type === "hello") return this.#greeted(frame)
    if (frame.type === "gap") this.#moveTo(frame.to)
    if (frame.type === "snapshot") this.#moveTo(frame.offset)
    if (frame.type === "exit") this.#exit = { code: frame.code, signal: frame.signal }
    return frame
  }

  /** Notes that everything before `offset` has been parsed. Returns true when an acknowledgement is due. */
  parsedTo(offset: number = this.#offset ?? 0): boolean {
    this.#parsed = Math.max(this.#parsed, offset)
    return this.#parsed - this.#acked >= ACK_BYTES
  }

  /** The acknowledgement of what has been parsed; null when the server has it already. */
  acknowledge(): ClientFrame | null {
    if (this.#parsed === this.#acked) return null
    this.#acked = this.#parsed
    return { type: "ack", offset: this.#parsed }
  }

  /** The connection ended. Returns the ms to wait before the next attempt; null when patience has run out. */
  lost(): number | null {
    const now = Date.now()
    const steady = this.#greetedAt !== null && now - this.#greetedAt >= STEADY_MS
    if (steady || this.#progressed) {
      this.#backoff.reset()
      this.#lastGoodAt = now
    }
    return now - this.#lastGoodAt > this.#patienceMs ? null : this.#backoff.next()
  }

  #output(bytes: Uint8Array): OutputEvent {
    const from = this.#offset ?? 0
    this.#moveTo(from + bytes.length)
    return { type: "output", from, bytes }
  }

  #moveTo(offset: number): void {
    this.#offset = offset
    this.#progressed = true
  }

  #greeted(hello: FrameOf<"hello">): HelloEvent {
    const before = this.#offset
    this.#offset = hello.from
    this.#parsed = hello.from
    this.#acked = hello.from
    this.#replayEnd = hello.end
    this.#greetedAt = Date.now()
    return { ...hello, first: before === null, otherLog: before !== null && hello.end < before }
  }
}

/** Cuts input into frames that the server accepts. */
export function* inputFrames(data: Uint8Array<ArrayBuffer>): Generator<Uint8Array<ArrayBuffer>> {
  for (let at = 0; at < data.length; at += INPUT_BYTES) yield data.subarray(at, at + INPUT_BYTES)
}
