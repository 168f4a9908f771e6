// One frame of the log on disk: a piece of output or a fact about the session, encrypted, checked and placed.

import { createCipheriv, createDecipheriv } from "node:crypto"
import { release } from "../../core/lib/memory.ts"
import type { Stream } from "../../core/session/backend.ts"

/** A type's place here, from 1, is its number on disk: only ever add at the end. */
const TYPES = ["pty", "stdout", "stderr", "resize", "marker", "exit", "input"] as const
export type FrameType = (typeof TYPES)[number]

/**
 * `offset` is absolute in the session's merged log. Output (`pty`, `stdout`, `stderr`) moves it on by its length; the
 * other types stand at a place in it and take none. `time` is in ms since the epoch.
 */
export type LogFrame = { type: FrameType; offset: number; time: number; payload: Uint8Array }

/*
 * On disk, big-endian:
 *    0 u32 CRC-32 of all that follows    4 u32 length of the payload    8 u8 version    9 u8 type    10 u48 time
 *   16 f64 offset    24 u32 counter    28 the payload, encrypted    and 16 bytes of GCM tag
 * Bytes 4..28 are authenticated with the payload. The nonce is the counter: a segment has a key of its own, and no
 * counter is used twice in it, not even when the frame that had it was not written.
 */
const VERSION = 1
const HEADER_BYTES = 28
const TAG_BYTES = 16
const CIPHER = "aes-256-gcm"

/** Longer output is cut: a reader never has to take in, or decrypt, more than this at once (20 us). */
export const MAX_PAYLOAD = 128 << 10
export const FRAME_OVERHEAD = HEADER_BYTES + TAG_BYTES
export const MAX_LOG_FRAME = MAX_PAYLOAD + FRAME_OVERHEAD
export const MAX_COUNTER = 0xffffffff

/** What a frame says of itself without a key: `at` is where it is in its buffer, `bytes` its whole length there. */
export type FrameHeader = {
  type: FrameType
  offset: number
  time: number
  counter: number
  at: number
  bytes: number
}

/** True for the types that are output and move the offset on. */
export function isOutput(type: FrameType): type is Stream {
  return type === "pty" || type === "stdout" || type === "stderr"
}

/** Where the log goes on behind this frame. */
export function frameEnd(header: FrameHeader): number {
  return isOutput(header.type) ? header.offset + header.bytes - FRAME_OVERHEAD : header.offset
}

export function nonce(counter: number): Buffer {
  const bytes = Buffer.alloc(12)
  bytes.writeUInt32BE(counter, 8)
  return bytes
}

/**
 * Lays a frame out at the start of `target` (at least `MAX_FRAME` long) and answers its bytes there. The payload is
 * encrypted into a buffer of the cipher's and copied once. `key` is the segment's; `counter` must be new under it.
 */
export function encodeFrame(key: Uint8Array, frame: LogFrame, counter: number, target: Buffer): Buffer {
  const end = HEADER_BYTES + frame.payload.byteLength
  target.writeUInt32BE(frame.payload.byteLength, 4)
  target.writeUInt8(VERSION, 8)
  target.writeUInt8(TYPES.indexOf(frame.type) + 1, 9)
  target.writeUIntBE(frame.time, 10, 6)
  target.writeDoubleBE(frame.offset, 16)
  target.writeUInt32BE(counter, 24)
  const cipher = createCipheriv(CIPHER, key, nonce(counter)).setAAD(target.subarray(4, HEADER_BYTES))
  const encrypted = cipher.update(frame.payload)
  target.set(encrypted, HEADER_BYTES)
  release(encrypted)
  cipher.final()
  target.set(cipher.getAuthTag(), end)
  target.writeUInt32BE(Bun.hash.crc32(target.subarray(4, end + TAG_BYTES)), 0)
  return target.subarray(0, end + TAG_BYTES)
}

/** The frame at `position`, `short` when `buffer` ends before it does, `bad` when there is none. Needs no key. */
export function headerAt(buffer: Buffer, position: number): FrameHeader | "short" | "bad" {
  const left = buffer.byteLength - position
  if (left < HEADER_BYTES) return "short"
  const length = buffer.readUInt32BE(position + 4)
  const type = TYPES[buffer.readUInt8(position + 9) - 1]
  if (buffer.readUInt8(position + 8) !== VERSION || !type || length > MAX_PAYLOAD) return "bad"
  const bytes = length + FRAME_OVERHEAD
  if (left < bytes) return "short"
  if (Bun.hash.crc32(buffer.subarray(position + 4, position + bytes)) !== buffer.readUInt32BE(position))
    return "bad"
  const offset = buffer.readDoubleBE(position + 16)
  const time = buffer.readUIntBE(position + 10, 6)
  return { type, offset, time, counter: buffer.readUInt32BE(position + 24), at: position, bytes }
}

/** The payload of a frame of `buffer`; null when it is not what was written under this key. */
export function payloadOf(key: Uint8Array, buffer: Buffer, header: FrameHeader): Uint8Array | null {
  const { at, bytes, counter } = header
  const tag = at + bytes - TAG_BYTES
  const decipher = createDecipheriv(CIPHER, key, nonce(counter))
  decipher.setAAD(buffer.subarray(at + 4, at + HEADER_BYTES))
  decipher.setAuthTag(buffer.subarray(tag, tag + TAG_BYTES))
  const payload = decipher.update(buffer.subarray(at + HEADER_BYTES, tag))
  try {
    decipher.final()
    return payload
  } catch {
    return null
  }
}
