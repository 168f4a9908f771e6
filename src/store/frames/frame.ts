// Frames of the log on disk: output or facts (`resize`, `marker`, `exit`, `input`), encrypted.

import { createCipheriv, createDecipheriv } from "node:crypto"
import { crc32 } from "#runtime/files.ts"
import { attempt } from "../../core/lib/attempt.ts"
import { release } from "../../core/lib/memory.ts"
import type { Stream } from "../../core/session/backend.ts"

/** A type's number on disk is its position here, from 1. Add new types only at the end. */
const TYPES = ["pty", "stdout", "stderr", "resize", "marker", "exit", "input"] as const
export type FrameType = (typeof TYPES)[number]

/**
 * `offset` is absolute in the session's merged log. Output (`pty`, `stdout`, `stderr`) advances it by its
 * length; facts have an offset and no length. `time` is in ms since the epoch.
 */
export type LogFrame = { type: FrameType; offset: number; time: number; payload: Uint8Array }

/*
 * On disk, big-endian:
 *    0 u32 CRC-32 of the rest    4 u32 payload length    8 u8 version    9 u8 type    10 u48 time
 *   16 f64 offset    24 u32 counter    28 encrypted payload, then 16 bytes of GCM tag
 * Bytes 4..28 are authenticated with the payload. The nonce is the counter. Each segment has its own key and
 * never uses a counter twice, even after a failed write.
 */
const VERSION = 1
const HEADER_BYTES = 28
const TAG_BYTES = 16
const CIPHER = "aes-256-gcm"

/** Longer output is split, so that a reader never decrypts more than this at once (20 us). */
export const MAX_PAYLOAD = 128 << 10
export const FRAME_OVERHEAD = HEADER_BYTES + TAG_BYTES
export const MAX_LOG_FRAME = MAX_PAYLOAD + FRAME_OVERHEAD
export const MAX_COUNTER = 0xffffffff

/** What a frame tells without a key. `at`: its position in the buffer. `bytes`: its total length there. */
export type FrameHeader = {
  type: FrameType
  offset: number
  time: number
  counter: number
  at: number
  bytes: number
}

/** True for the types that advance the offset. */
export function isOutput(type: FrameType): type is Stream {
  return type === "pty" || type === "stdout" || type === "stderr"
}

/** The log offset after this frame. */
export function frameEnd(header: FrameHeader): number {
  return isOutput(header.type) ? header.offset + header.bytes - FRAME_OVERHEAD : header.offset
}

export function nonce(counter: number): Buffer {
  const bytes = Buffer.alloc(12)
  bytes.writeUInt32BE(counter, 8)
  return bytes
}

/**
 * Encodes a frame at the start of `target` (at least `MAX_LOG_FRAME` long) and returns that part of it. The
 * payload is encrypted into the cipher's own buffer and copied once. `key` is the segment's; `counter` must
 * be unused with it.
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
  target.writeUInt32BE(crc32(target.subarray(4, end + TAG_BYTES)), 0)
  return target.subarray(0, end + TAG_BYTES)
}

/** Reads the header at `position`: `short` if the buffer ends too early, `bad` if there is no frame. */
export function headerAt(buffer: Buffer, position: number): FrameHeader | "short" | "bad" {
  const left = buffer.byteLength - position
  if (left < HEADER_BYTES) return "short"
  const length = buffer.readUInt32BE(position + 4)
  const type = TYPES[buffer.readUInt8(position + 9) - 1]
  if (buffer.readUInt8(position + 8) !== VERSION || !type || length > MAX_PAYLOAD) return "bad"
  const bytes = length + FRAME_OVERHEAD
  if (left < bytes) return "short"
  if (crc32(buffer.subarray(position + 4, position + bytes)) !== buffer.readUInt32BE(position)) return "bad"
  const offset = buffer.readDoubleBE(position + 16)
  const time = buffer.readUIntBE(position + 10, 6)
  return { type, offset, time, counter: buffer.readUInt32BE(position + 24), at: position, bytes }
}

/** Decrypts the payload of a frame. Returns null if it is damaged or was not written with this key. */
export function payloadOf(key: Uint8Array, buffer: Buffer, header: FrameHeader): Uint8Array | null {
  const { at, bytes, counter } = header
  const tag = at + bytes - TAG_BYTES
  const decipher = createDecipheriv(CIPHER, key, nonce(counter))
  decipher.setAAD(buffer.subarray(at + 4, at + HEADER_BYTES))
  decipher.setAuthTag(buffer.subarray(tag, tag + TAG_BYTES))
  const payload = decipher.update(buffer.subarray(at + HEADER_BYTES, tag))
  return attempt(() => decipher.final()) ? payload : null
}
