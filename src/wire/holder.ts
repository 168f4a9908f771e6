// The protocol between a server and a holder, on the holder's Unix socket. Frozen and additive: frame types and fields are
// never changed or reused, unknown ones are ignored, so every server works with every holder.

/** Largest frame, in bytes: more than the input that may wait; a longer one means the other side is not a holder or a server. */
export const MAX_HOLDER_FRAME = 32 << 20
/** Raised by an addition that the other side may want to know of; never a reason to refuse. */
export const HOLDER_VERSION = 2
/** From this version on a holder says `waiting`. */
export const SAYS_WAITING = 2

/** Server to holder below 64, holder to server from 64 on. */
export const HolderFrame = {
  attach: 1,
  input: 2,
  eof: 3,
  resize: 4,
  signal: 5,
  terminate: 6,
  bury: 7,
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
}

/** Streams in output frames, by number. */
export const HOLDER_STREAMS = ["pty", "stdout", "stderr"] as const

/** Length (u32, of all that follows), type (u8), body. Little-endian. */
export function holderFrame(type: number, body: Uint8Array = new Uint8Array(0)): Uint8Array {
  const frame = new Uint8Array(5 + body.byteLength)
  const view = new DataView(frame.buffer)
  view.setUint32(0, 1 + body.byteLength, true)
  view.setUint8(4, type)
  frame.set(body, 5)
  return frame
}

export function holderMessage<K extends keyof HolderMessages>(
  type: K,
  message: HolderMessages[K],
): Uint8Array {
  return holderFrame(HolderFrame[type], new TextEncoder().encode(JSON.stringify(message)))
}

/** An output frame's body: stream (u8), offset (f64), bytes. */
export function outputFrame(stream: number, offset: number, bytes: Uint8Array): Uint8Array {
  const body = new Uint8Array(9 + bytes.byteLength)
  const view = new DataView(body.buffer)
  view.setUint8(0, stream)
  view.setFloat64(1, offset, true)
  body.set(bytes, 9)
  return holderFrame(HolderFrame.output, body)
}

export function parseOutput(body: Uint8Array): { stream: number; offset: number; bytes: Uint8Array } {
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength)
  return { stream: view.getUint8(0), offset: view.getFloat64(1, true), bytes: body.subarray(9) }
}

export const parseMessage = <K extends keyof HolderMessages>(body: Uint8Array): HolderMessages[K] =>
  JSON.parse(new TextDecoder().decode(body)) as HolderMessages[K]

/** Cuts a byte stream into frames, however it arrives. Throws on a length that no peer of ours sends. */
export class FrameSplitter {
  #parts: Uint8Array[] = []
  #length = 0

  /** The frames that `bytes` completes, in order. */
  push(bytes: Uint8Array): { type: number; body: Uint8Array }[] {
    const frames: { type: number; body: Uint8Array }[] = []
    this.#parts.push(bytes)
    this.#length += bytes.byteLength
    while (this.#length >= 5) {
      const length = this.#peekLength()
      if (length < 1 || length > MAX_HOLDER_FRAME) throw new Error(`a frame of ${length} bytes`)
      if (this.#length < 4 + length) break
      const frame = this.#take(4 + length)
      frames.push({ type: frame[4]!, body: frame.subarray(5) })
    }
    return frames
  }

  #peekLength(): number {
    if (this.#parts[0]!.byteLength < 4) this.#join()
    const first = this.#parts[0]!
    return new DataView(first.buffer, first.byteOffset, 4).getUint32(0, true)
  }

  #take(count: number): Uint8Array {
    if (this.#parts[0]!.byteLength < count) this.#join()
    const first = this.#parts[0]!
    this.#length -= count
    if (first.byteLength === count) this.#parts.shift()
    else this.#parts[0] = first.subarray(count)
    return first.subarray(0, count)
  }

  #join(): void {
    const all = new Uint8Array(this.#length)
    let at = 0
    for (const part of this.#parts) {
      all.set(part, at)
      at += part.byteLength
    }
    this.#parts = [all]
  }
}
