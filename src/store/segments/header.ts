// The header of a segment: its first offset and the salt of its own key.

import { createCipheriv, hkdfSync, randomBytes } from "node:crypto"
import { crc32 } from "#runtime/files.ts"
import { PtylineError } from "../../core/lib/errors.ts"
import { nonce } from "../frames/frame.ts"

/*
 * On disk, big-endian: 0 "PTYLSEG1"    8 f64 first offset    16 salt    32 16 bytes of GCM tag over 0..32
 * 48 u32 CRC-32 of 0..48. The tag uses counter 0 of the segment's key, which tells a wrong key from damage.
 * Frames count from 1.
 */
const MAGIC = "PTYLSEG1"
const SALT_BYTES = 16
const TAG_AT = 32
const CRC_AT = 48
export const SEGMENT_HEADER_BYTES = 52

type SegmentHeader = { bytes: Buffer; key: Buffer }

/** Creates a header with a new salt, and so a new key: nonces never repeat, even after a crash. */
export function createHeader(sessionKey: Uint8Array, base: number): SegmentHeader {
  const bytes = Buffer.alloc(SEGMENT_HEADER_BYTES)
  bytes.write(MAGIC, "latin1")
  bytes.writeDoubleBE(base, 8)
  bytes.set(randomBytes(SALT_BYTES), 16)
  const key = segmentKey(sessionKey, bytes)
  bytes.set(tagOf(key, bytes), TAG_AT)
  bytes.writeUInt32BE(crc32(bytes.subarray(0, CRC_AT)), CRC_AT)
  return { bytes, key }
}

/**
 * Returns the segment's key. A damaged header still gives the key of its salt, with `damaged` set: its frames
 * may be readable. Returns null if the header is incomplete. Throws `unavailable` if it is intact and has
 * another key.
 */
export function openHeader(
  sessionKey: Uint8Array,
  bytes: Buffer,
  path: string,
): { key: Buffer; damaged: boolean } | null {
  if (bytes.byteLength < SEGMENT_HEADER_BYTES) return null
  const key = segmentKey(sessionKey, bytes)
  const damaged = bytes.readUInt32BE(CRC_AT) !== crc32(bytes.subarray(0, CRC_AT))
  const tag = bytes.subarray(TAG_AT, CRC_AT)
  if (!damaged && !tagOf(key, bytes).equals(tag))
    throw new PtylineError("unavailable", `${path} was written with another key; nothing was changed`, {
      path,
    })
  return { key, damaged }
}

function segmentKey(sessionKey: Uint8Array, header: Buffer): Buffer {
  const salt = header.subarray(16, 16 + SALT_BYTES)
  return Buffer.from(hkdfSync("sha256", sessionKey, salt, "ptyline segment", 32))
}

function tagOf(key: Buffer, header: Buffer): Buffer {
  const cipher = createCipheriv("aes-256-gcm", key, nonce(0)).setAAD(header.subarray(0, TAG_AT))
  cipher.final()
  return cipher.getAuthTag()
}
