// The protocol between a server and a holder, on the holder's Unix socket. Frozen and additive: frame types and fields are
// never changed or reused, unknown ones are ignored, so every server works with every holder.

/** Largest frame, in bytes: more than the input that may wait; a longer one means the other side is not a holder or a server. */
export const MAX_HOLDER_FRAME = 32 << 20
/** Raised by an addition that the other side may want to know of; never a reason to refuse. */
export const HOLDER_VERSION = 3
/** From this version on a holder says `waiting`. */
export const SAYS_WAITING = 2
/** From this version on it answers `awaits`. */
export const ANSWERS_AWAITS = 3

const HEADER_BYTES = 5
const OUTPUT_HEADER_BYTES = 9

/** Server to holder below 64, holder to server from 64 on. */
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

/** The JSON of the frames that are not bytes. Offsets count output bytes, `at` is ms since 1970. */
export type HolderMessages = {
  /** Send output from this offset on. */
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
  /** The holder's memory starts at `base`, later than the output wanted: read up to there from the segments, attach again. */
  behind: { base: number }
  /** Input that the terminal got and echoed (base64), where the log ended then; only of a session that records its input. */
  typed: { offset: number; at: number; data: string }
  resized: { offset: number; cols: number; rows: number }
  exit: HolderExit
  /** The input frame of this number (from 0, per connection) was taken or refused; and how many bytes still wait. */
  taken: { count: number; waiting: number; error?: { code: string; message: string } }
  /** Of the input taken before this many bytes still wait for the program; said while any do, and when none does. */
  waiting: { bytes: number }
  /** The answer to `awaits`: is the program blocked until somebody types? Null where the holder cannot know it either. */
  awaiting: { input: boolean | null }
}

/** Streams in output frames, by number. */
export const HOLDER_STREAMS = ["pty", "stdout", "stderr"] as const

/** Length (u32, of all that follows), type (u8), body. Little-endian. */
export function holderFrame(type: number, body: Uint8Array = new Uint8Array(0)): Uint8Array {
  const frame = frameHeader(type, body.byteLength, body.byteLength)
  frame.set(body, HEADER_BYTES)
  return frame
}

/** With room for `room` bytes of a body of `length`. */
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

/** What an output frame begins with; its `length` bytes follow. Body: stream (u8), offset (f64), bytes. */
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

export type HolderFrameParts = { type: number; body: Uint8Array }

/**
 * Cuts a byte stream into frames, however it arrives. Every byte is copied once, into a body of just its length, so that what
 * was pushed may be used again.
 */
export class FrameSplitter {
  readonly #header = new Uint8Array(HEADER_BYTES)
  #headerLength = 0
  #body: Uint8Array | null = null
  #bodyLength = 0

  /** The frames that `bytes` completes, in order. Throws on a length that no peer of ours sends. */
  push(bytes: Uint8Array): HolderFrameParts[] {
    const frames: HolderFrameParts[] = []
    for (let at = 0; at < bytes.length; ) {
      at += this.#body ? this.#fill(this.#body, bytes.subarray(at)) : this.#begin(bytes.subarray(at))
      if (this.#body && this.#bodyLength === this.#body.length) frames.push(this.#finish(this.#body))
    }
    return frames
  }

  /** Takes what is missing of the header. Answers how much that was. */
  #begin(bytes: Uint8Array): number {
    const part = bytes.subarray(0, HEADER_BYTES - this.#headerLength)
    this.#header.set(part, this.#headerLength)
    this.#headerLength += part.length
    if (this.#headerLength < HEADER_BYTES) return part.length
    const length = new DataView(this.#header.buffer).getUint32(0, true)
    if (length < 1 || length > MAX_HOLDER_FRAME) throw new Error(`a frame of ${length} bytes`)
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
