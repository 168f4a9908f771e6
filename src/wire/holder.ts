// Protocol between a server and a holder, on the holder's Unix socket. Frozen and additive: frame types and
// fields never change and are never reused, unknown ones are ignored: all servers work with all holders.

/** Largest frame, in bytes: more than all input that may wait. */
export const MAX_HOLDER_FRAME = 32 << 20
/** Raised when the other side may need to know about an addition; never a reason to reject it. */
export const HOLDER_VERSION = 3
/** First version whose holder sends `waiting`. */
export const SAYS_WAITING = 2
/** First version whose holder answers `awaits`. */
export const ANSWERS_AWAITS = 3

const HEADER_BYTES = 5
const OUTPUT_HEADER_BYTES = 9

/** Below 64: server to holder. From 64: holder to server. */
export const HolderFrame = {
  attach: 1,
  input: 2,
  eof: 3,
  resize: 4,
  signal: 5,
  terminate: 6,
  bury: 7,
  awaits: 8,
  hello: 64,
  output: 65,
  resized: 66,
  exit: 67,
  end: 68,
  taken: 69,
  terminated: 70,
  behind: 71,
  typed: 72,
  waiting: 73,
  awaiting: 74,
} as const

export type HolderExit = { code: number | null; signal: string | null; at: number }

/** Bodies of the JSON frames. Offsets count output bytes, `at` is ms since 1970. */
export type HolderMessages = {
  /** Asks for output from this offset on. */
  attach: { from: number }
  resize: { cols: number; rows: number }
  signal: { name: string }
  terminate: { grace_ms: number }
  hello: {
    version: number
    id: string
    pid: number
    base: number
    end: number
    cols: number
    rows: number
    exit: HolderExit | null
    ended: boolean
  }
  /** The holder has nothing before `base`: read the segments up to there, then attach again. */
  behind: { base: number }
  /** Echoed input (base64), and the log's end then. Only if the session records its input. */
  typed: { offset: number; at: number; data: string }
  resized: { offset: number; cols: number; rows: number }
  exit: HolderExit
  /** Result of the input frame with this number (from 0, per connection), and the bytes that still wait. */
  taken: { count: number; waiting: number; error?: { code: string; message: string } }
  /** Accepted input that the program has not read. Sent while there is any, and once at zero. */
  waiting: { bytes: number }
  /** The answer to `awaits`: is the program blocked on terminal input? Null if the holder cannot tell. */
  awaiting: { input: boolean | null }
}

/** Names of the stream numbers in output frames. */
export const HOLDER_STREAMS = ["pty", "stdout", "stderr"] as const

/** Encodes a frame: length (u32, of the rest), type (u8), body. Little-endian. */
export function holderFrame(type: number, body: Uint8Array = new Uint8Array(0)): Uint8Array {
  const frame = frameHeader(type, body.byteLength, body.byteLength)
  frame.set(body, HEADER_BYTES)
  return frame
}

/** Header of a body of `length` bytes, followed by `room` free bytes. */
function frameHeader(type: number, length: number, room: number): Uint8Array {
  const header = new Uint8Array(HEADER_BYTES + room)
  const view = new DataView(header.buffer)
  view.setUint32(0, 1 + length, true)
  view.setUint8(4, type)
  return header
}

export function holderMessage<K extends keyof HolderMessages>(
  type: K,
  message: HolderMessages[K],
): Uint8Array {
  return holderFrame(HolderFrame[type], new TextEncoder().encode(JSON.stringify(message)))
}

/** Start of an output frame; `length` bytes of output must follow. Body: stream (u8), offset (f64), bytes. */
export function outputHeader(stream: number, offset: number, length: number): Uint8Array {
  const header = frameHeader(HolderFrame.output, OUTPUT_HEADER_BYTES + length, OUTPUT_HEADER_BYTES)
  const view = new DataView(header.buffer, HEADER_BYTES)
  view.setUint8(0, stream)
  view.setFloat64(1, offset, true)
  return header
}

export function parseOutput(body: Uint8Array): { stream: number; offset: number; bytes: Uint8Array } {
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength)
  return {
    stream: view.getUint8(0),
    offset: view.getFloat64(1, true),
    bytes: body.subarray(OUTPUT_HEADER_BYTES),
  }
}

export const parseMessage = <K extends keyof HolderMessages>(body: Uint8Array): HolderMessages[K] =>
  JSON.parse(new TextDecoder().decode(body)) as HolderMessages[K]

type HolderFrameParts = { type: number; body: Uint8Array }

/** Splits a byte stream into frames. Copies every byte once, so that the caller may reuse its buffer. */
export class FrameSplitter {
  readonly #header = new Uint8Array(HEADER_BYTES)
  #headerLength = 0
  #body: Uint8Array | null = null
  #bodyLength = 0

  /** Returns the frames that `bytes` completes, in order. Throws on an invalid length. */
  push(bytes: Uint8Array): HolderFrameParts[] {
    const frames: HolderFrameParts[] = []
    for (let at = 0; at < bytes.length; ) {
      at += this.#body ? this.#fill(this.#body, bytes.subarray(at)) : this.#begin(bytes.subarray(at))
      if (this.#body && this.#bodyLength === this.#body.length) frames.push(this.#finish(this.#body))
    }
    return frames
  }

  /** Reads the rest of the header. Returns the number of bytes used. */
  #begin(bytes: Uint8Array): number {
    const part = bytes.subarray(0, HEADER_BYTES - this.#headerLength)
    this.#header.set(part, this.#headerLength)
    this.#headerLength += part.length
    if (this.#headerLength < HEADER_BYTES) return part.length
    const length = new DataView(this.#header.buffer).getUint32(0, true)
    if (length < 1 || length > MAX_HOLDER_FRAME) throw new Error(`invalid frame length ${length}`)
    this.#body = new Uint8Array(length - 1)
    return part.length
  }

  #fill(body: Uint8Array, bytes: Uint8Array): number {
    const part = bytes.subarray(0, body.length - this.#bodyLength)
    body.set(part, this.#bodyLength)
    this.#bodyLength += part.length
    return part.length
  }

  #finish(body: Uint8Array): HolderFrameParts {
    this.#body = null
    this.#headerLength = 0
    this.#bodyLength = 0
    return { type: this.#header[4]!, body }
  }
}
