// Memory that is freed at once.

import { expect, test } from "bun:test"
import { createCipheriv } from "node:crypto"
import { release } from "../../src/core/lib/memory.ts"

test("bytes that are their whole buffer are freed, also a cipher's output", () => {
  const bytes = new Uint8Array(100_000)
  const encrypted = createCipheriv("aes-256-gcm", Buffer.alloc(32), Buffer.alloc(12)).update(bytes)
  for (const one of [bytes, encrypted]) {
    release(one)
    expect([one.byteLength, one.buffer.byteLength]).toEqual([0, 0])
  }
})

test("bytes that share their buffer are not freed", () => {
  const all = new Uint8Array(1000).fill(7)
  for (const part of [all.subarray(0, 900), all.subarray(1)]) {
    const copy = part.slice()
    release(part)
    expect(Buffer.compare(part, copy)).toBe(0)
  }
  release(new Uint8Array(new SharedArrayBuffer(8)))
})
