// The log on disk, written and read back: every byte at its offset, within the disk limit.

import { expect, test } from "bun:test"
import { randomBytes } from "node:crypto"
import { readdirSync, readFileSync, statSync } from "node:fs"
import { join } from "node:path"
import type { LogFrame } from "../../src/store/frames/frame.ts"
import { SegmentReader } from "../../src/store/segments/reader.ts"
import { type SegmentOptions, SegmentWriter } from "../../src/store/segments/writer.ts"
import { scratch } from "../helpers.ts"
import { bytesOnDisk, pattern, readAll, text } from "./log.ts"

const key = randomBytes(32)

/** Sizes around every limit, and random ones. */
function sizes(count: number, most: number): number[] {
  const edges = [1, 2, 255, 256, 4095, 4096, 65535, 65536, 131071, 131072, 131073, 300_000]
  const random = Array.from({ length: count }, () => 1 + Math.floor(Math.random() ** 3 * most))
  return [...edges.filter(size => size <= most), ...random]
}

const SHAPES: { name: string; options: SegmentOptions; most: number }[] = [
  { name: "segments of 8 MiB", options: { sync: "never" }, most: 300_000 },
  { name: "segments of 64 KiB", options: { segmentBytes: 65536 }, most: 300_000 },
  { name: "segments of 4 KiB", options: { segmentBytes: 4096, sync: "never" }, most: 9000 },
  { name: "sync after every frame", options: { segmentBytes: 65536, sync: "always" }, most: 20_000 },
]

for (const { name, options, most } of SHAPES) {
  test(`output can be read at any offset and length: ${name}`, async () => {
    using directory = scratch()
    const writer = new SegmentWriter(directory.path, key, { limit: 1 << 30, ...options })
    for (const size of sizes(200, most)) writer.append("pty", pattern(writer.end, size))
    const reader = new SegmentReader(directory.path, key)
    expect(reader.bounds()).toEqual({ base: 0, end: writer.end })
    expect(await readAll(reader)).toEqual(pattern(0, writer.end))
    for (let i = 0; i < 200; i++) {
      const offset = Math.floor(Math.random() * writer.end)
      const max = 1 + Math.floor(Math.random() * 100_000)
      const run = await reader.read(offset, max)
      expect(run.offset).toBe(offset)
      expect(run.bytes.byteLength).toBe(Math.min(max, writer.end - offset))
      expect(pattern(offset, run.bytes.byteLength).equals(run.bytes)).toBe(true)
    }
    writer.close()
  })
}

test("every byte value, and frames of every type in order", async () => {
  using directory = scratch()
  const writer = new SegmentWriter(directory.path, key)
  const all = Uint8Array.from({ length: 256 }, (_, i) => i)
  writer.append("resize", text('{"cols":80,"rows":24}'), 1)
  writer.append("stdout", all, 2)
  writer.append("marker", text("here"), 3)
  writer.append("stderr", all, 4)
  writer.append("exit", text('{"code":0,"signal":null}'), 5)
  writer.close()
  const frames = await Array.fromAsync(new SegmentReader(directory.path, key).frames(0))
  const expected: LogFrame[] = [
    { type: "resize", offset: 0, time: 1, payload: text('{"cols":80,"rows":24}') },
    { type: "stdout", offset: 0, time: 2, payload: all },
    { type: "marker", offset: 256, time: 3, payload: text("here") },
    { type: "stderr", offset: 256, time: 4, payload: all },
    { type: "exit", offset: 512, time: 5, payload: text('{"code":0,"signal":null}') },
  ]
  expect(frames.map(plain)).toEqual(expected.map(plain))
})

test("frames from an offset: the first is cut, and facts at the offset are included", async () => {
  using directory = scratch()
  const writer = new SegmentWriter(directory.path, key, { segmentBytes: 4096 })
  for (let i = 0; i < 100; i++) {
    writer.append("pty", pattern(writer.end, 100))
    writer.append("marker", text(`after ${i}`))
  }
  const reader = new SegmentReader(directory.path, key)
  for (const from of [0, 50, 100, 4950, 5000, 9999, 10_000]) {
    const frames = await Array.fromAsync(reader.frames(from))
    const bytes = Buffer.concat(frames.filter(frame => frame.type === "pty").map(frame => frame.payload))
    expect(pattern(from, writer.end - from).equals(bytes)).toBe(true)
    const markers = frames.filter(frame => frame.type === "marker")
    const first = from === 0 ? 0 : Math.ceil(from / 100) - 1
    expect(markers.map(frame => Buffer.from(frame.payload).toString())).toEqual(
      Array.from({ length: 100 - first }, (_, i) => `after ${first + i}`),
    )
  }
  writer.close()
})

test("files take at most the limit plus one segment, and use most of the limit", async () => {
  using directory = scratch()
  const limit = 256 << 10
  const segment = 32 << 10
  const writer = new SegmentWriter(directory.path, key, { limit, segmentBytes: segment, sync: "never" })
  writer.append("resize", text('{"cols":132,"rows":50}'))
  while (writer.end < 20 * limit) {
    writer.append("pty", pattern(writer.end, 1 + Math.floor(Math.random() * 9000)))
    expect(bytesOnDisk(directory.path)).toBeLessThanOrEqual(limit + segment)
  }
  const reader = new SegmentReader(directory.path, key)
  const { base, end } = reader.bounds()
  expect({ base, end }).toEqual({ base: writer.base, end: writer.end })
  expect(end - base).toBeGreaterThan(0.8 * limit)
  const tail = await reader.read(0, 10 * limit)
  expect(tail.gap).toBe("trimmed")
  expect(tail.offset).toBe(base)
  expect(pattern(base, end - base).equals(tail.bytes)).toBe(true)
  const [size] = await Array.fromAsync(reader.frames(0))
  expect(plain(size!)).toMatchObject({ type: "resize", offset: base, text: '{"cols":132,"rows":50}' })
  writer.close()
})

test("a limit smaller than a segment still keeps some output", async () => {
  using directory = scratch()
  const writer = new SegmentWriter(directory.path, key, { limit: 64 << 10, sync: "never" })
  for (let i = 0; i < 3000; i++) {
    writer.append("pty", pattern(writer.end, 100))
    if (writer.end > 64 << 10) expect(writer.end - writer.base).toBeGreaterThan(24 << 10)
    expect(bytesOnDisk(directory.path)).toBeLessThanOrEqual(80 << 10)
  }
  writer.close()
})

test("the next writer continues in a new segment and repeats the size there", async () => {
  using directory = scratch()
  for (let life = 0; life < 5; life++) {
    const before = readdirSync(directory.path)
    const earlier = before.map(name => readFileSync(join(directory.path, name)))
    const writer = new SegmentWriter(directory.path, key)
    expect(writer.end).toBe(life * 5000)
    if (life === 0) writer.append("resize", text('{"cols":99,"rows":9}'))
    writer.append("pty", pattern(writer.end, 5000))
    if (life % 2 === 0) writer.close()
    expect(readdirSync(directory.path)).toHaveLength(life + 1)
    expect(before.map(name => readFileSync(join(directory.path, name)))).toEqual(earlier)
  }
  const reader = new SegmentReader(directory.path, key)
  expect(await readAll(reader)).toEqual(pattern(0, 25_000))
  expect((await Array.fromAsync(reader.frames(0))).filter(frame => frame.type === "resize")).toHaveLength(1)
  expect(plain((await Array.fromAsync(reader.frames(20_001))).at(0)!)).toMatchObject({
    type: "pty",
    offset: 20_001,
  })
})

test("writers without output leave their facts and hide nothing", async () => {
  using directory = scratch()
  for (const word of ["one", "two", "three"]) {
    const writer = new SegmentWriter(directory.path, key)
    writer.append("marker", text(word))
    writer.close()
  }
  new SegmentWriter(directory.path, key).close()
  expect(readdirSync(directory.path)).toHaveLength(3)
  const frames = await Array.fromAsync(new SegmentReader(directory.path, key).frames(0))
  expect(frames.map(frame => Buffer.from(frame.payload).toString())).toEqual(["one", "two", "three"])
})

test("reading a missing or removed log", async () => {
  using directory = scratch()
  const reader = new SegmentReader(join(directory.path, "none"), key)
  expect(reader.bounds()).toEqual({ base: 0, end: 0 })
  expect(await reader.read(7, 10)).toEqual({ offset: 7, bytes: new Uint8Array(0), gap: null })
  expect(await Array.fromAsync(reader.frames(0))).toEqual([])
})

test("only the owner can read segments", () => {
  using directory = scratch()
  const writer = new SegmentWriter(directory.path, key)
  writer.append("pty", pattern(0, 10))
  writer.close()
  const modes = readdirSync(directory.path).map(name => statSync(join(directory.path, name)).mode & 0o777)
  expect(modes).toEqual([0o600])
})

test("the file contains no readable output", () => {
  using directory = scratch()
  const writer = new SegmentWriter(directory.path, key)
  writer.append("pty", text("the secret word ".repeat(100)))
  writer.close()
  const [name] = readdirSync(directory.path)
  expect(readFileSync(join(directory.path, name!)).includes("secret")).toBe(false)
})

test("a size that was never recorded is not invented", async () => {
  using directory = scratch()
  const writer = new SegmentWriter(directory.path, key, { segmentBytes: 4096 })
  writer.append("pty", pattern(0, 20_000))
  writer.close()
  const frames = await Array.fromAsync(new SegmentReader(directory.path, key).frames(0))
  expect(frames.every(frame => frame.type === "pty")).toBe(true)
})

function plain({ type, offset, time, payload }: LogFrame) {
  return { type, offset, time, text: Buffer.from(payload).toString("latin1") }
}
