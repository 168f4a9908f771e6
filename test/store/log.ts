// Shared by the tests of the log: output that depends on its offset, and reading it back.

import { readdirSync, statSync } from "node:fs"
import { join } from "node:path"
import type { SegmentReader } from "../../src/store/segments/reader.ts"

/** Contains all byte values and no repeated sequence nearby, so that a misplaced byte is detected. */
const PERIOD = 65_521 * 16
const block = Buffer.from(Uint8Array.from({ length: 2 * PERIOD }, (_, i) => mix(i % PERIOD)))

function mix(i: number): number {
  const x = Math.imul(i + 1, 0x9e3779b1)
  return ((x ^ (x >>> 15)) >>> 3) & 0xff
}

/** Returns the `length` bytes that belong at `offset`. */
export function pattern(offset: number, length: number): Buffer {
  const out = Buffer.alloc(length)
  for (let at = 0; at < length; at += PERIOD) {
    const from = (offset + at) % PERIOD
    block.copy(out, at, from, from + Math.min(PERIOD, length - at))
  }
  return out
}

export function text(value: string): Uint8Array {
  return new TextEncoder().encode(value)
}

/** Reads from `from` to the end. Throws at a gap. */
export async function readAll(reader: SegmentReader, from = 0): Promise<Buffer> {
  const pieces: Uint8Array[] = []
  for (let at = from; ; ) {
    const { offset, bytes } = await reader.read(at, 1 + Math.floor(Math.random() * 300_000))
    if (offset !== at) throw new Error(`a gap from ${at} to ${offset}`)
    if (bytes.byteLength === 0) return Buffer.concat(pieces)
    pieces.push(bytes)
    at += bytes.byteLength
  }
}

export function bytesOnDisk(directory: string): number {
  return readdirSync(directory).reduce((sum, name) => sum + statSync(join(directory, name)).size, 0)
}
