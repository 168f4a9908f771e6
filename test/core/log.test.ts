// The byte log, compared with one growing array.

import { expect, test } from "bun:test"
import { ByteLog } from "../../src/core/log/log.ts"
import { random, SEEDS } from "./bare.ts"

test.each(SEEDS)("random appends and reads, seed %d", seed => {
  const pick = random(seed)
  const log = new ByteLog(50_000, seed % 2 ? 12_345 : 0)
  const start = log.end
  const all = Buffer.alloc(2_000_000)
  for (let step = 0; step < 400; step++) {
    const bytes = new Uint8Array(pick(8) ? pick(3000) : pick(9000)).map(() => pick(256))
    all.set(bytes, log.end - start)
    log.append(bytes)
    expect(log.end - log.base).toBeLessThanOrEqual(log.limit)
    const offset = log.base + pick(log.end - log.base + 1)
    const max = 1 + pick(20_000)
    const expected = all.subarray(offset - start, Math.min(offset + max, log.end) - start)
    expect(Buffer.compare(log.slice(offset, max), expected)).toBe(0)
    const run = log.read(offset, max)
    expect(Buffer.compare(run, expected.subarray(0, run.byteLength))).toBe(0)
    expect(run.byteLength > 0 || offset === log.end).toBe(true)
  }
})

test.each(SEEDS)("returned views never change, seed %d", seed => {
  const pick = random(seed)
  const log = new ByteLog(10_000)
  const views: { view: Uint8Array; copy: Uint8Array }[] = []
  for (let step = 0; step < 500; step++) {
    log.append(new Uint8Array(1 + pick(pick(10) ? 200 : 6000)).fill(pick(256)))
    const view = log.read(log.base + pick(log.end - log.base))
    views.push({ view, copy: view.slice() })
  }
  for (const { view, copy } of views) expect(Buffer.compare(view, copy)).toBe(0)
})

test.each(SEEDS)("with `frees`, trimmed bytes are freed and the others read the same, seed %d", seed => {
  const pick = random(seed)
  const log = new ByteLog(50_000, 0, { frees: true })
  const given: Uint8Array[] = []
  const all = Buffer.alloc(4_000_000)
  for (let step = 0; step < 400; step++) {
    const bytes = new Uint8Array(1 + pick(pick(4) ? 9000 : 500)).map(() => pick(256))
    // a part of a larger buffer must not be freed
    const part = pick(2) ? bytes : Buffer.concat([bytes, Buffer.alloc(100)]).subarray(0, bytes.length)
    all.set(part, log.end)
    log.append(part)
    given.push(part)
    const offset = log.base + pick(log.end - log.base)
    expect(
      Buffer.compare(log.slice(offset, 20_000), all.subarray(offset, Math.min(offset + 20_000, log.end))),
    ).toBe(0)
  }
  expect(given.filter(({ byteLength }) => byteLength === 0).length).toBeGreaterThan(50)
})

test("the base moves exactly", () => {
  const log = new ByteLog(10)
  log.append(new Uint8Array(8).fill(1))
  expect([log.base, log.end]).toEqual([0, 8])
  log.append(new Uint8Array(5).fill(2))
  expect([log.base, log.end]).toEqual([3, 13])
  expect([...log.slice(log.base, 100)]).toEqual([1, 1, 1, 1, 1, 2, 2, 2, 2, 2])
})

test("one append larger than the limit keeps its end", () => {
  const log = new ByteLog(4)
  log.append(new Uint8Array(10_000).map((_, i) => i))
  expect([log.base, log.end]).toEqual([9996, 10_000])
  expect([...log.slice(9996, 9)]).toEqual([12, 13, 14, 15])
})

test("reading at the end and appending no bytes return no bytes", () => {
  const log = new ByteLog(10, 5)
  log.append(new Uint8Array(0))
  expect(log.end).toBe(5)
  expect(log.read(5).byteLength).toBe(0)
  expect(log.slice(5, 10).byteLength).toBe(0)
})

test("many small appends share blocks", () => {
  const before = process.memoryUsage().rss
  const log = new ByteLog(64 << 20)
  const one = Uint8Array.of(1)
  for (let i = 0; i < 4_000_000; i++) log.append(one)
  expect(log.end).toBe(4_000_000)
  expect(process.memoryUsage().rss - before).toBeLessThan(200 << 20)
})
