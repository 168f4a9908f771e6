// Torn and flipped bytes: earlier output stays readable, the damage is reported, and the log continues.

import { expect, test } from "bun:test"
import { randomBytes } from "node:crypto"
import { readFileSync, statSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { crc32 } from "node:zlib"
import { encodeExit, encodeSize } from "../../src/store/frames/frame-facts.ts"
import { SEGMENT_HEADER_BYTES } from "../../src/store/segments/header.ts"
import { listSegments } from "../../src/store/segments/list.ts"
import { SegmentReader } from "../../src/store/segments/reader.ts"
import { recoverLog } from "../../src/store/segments/recover.ts"
import { SegmentWriter } from "../../src/store/segments/writer.ts"
import { scratch } from "../helpers.ts"
import { pattern, readAll } from "./log.ts"

const key = randomBytes(32)
/** Covers every position in the last three frames, of 44 + 61, 44 + 7 and 44 + 30 bytes. */
const LAST_FRAMES = [61, 7, 30]
const OVERHEAD = 44

/** Writes `before` bytes and the last three frames. Returns the newest file and where those frames start. */
function writeLog(directory: string, before: number): { file: string; starts: number[]; size: number } {
  const writer = new SegmentWriter(directory, key, { segmentBytes: 8192 })
  writer.append("resize", encodeSize({ cols: 80, rows: 24 }))
  while (writer.end < before) writer.append("pty", pattern(writer.end, 1000))
  for (const length of LAST_FRAMES) writer.append("pty", pattern(writer.end, length))
  writer.close()
  const file = listSegments(directory).at(-1)!.path
  const { size } = statSync(file)
  const starts = [3, 2, 1].map(n => size - sum(LAST_FRAMES.slice(-n).map(length => length + OVERHEAD)))
  return { file, starts, size }
}

const sum = (numbers: number[]) => numbers.reduce((a, b) => a + b, 0)

/** The expected end of the log if the byte at `position` is damaged. */
function goodEnd(before: number, starts: number[], position: number): number {
  return before + sum(LAST_FRAMES.slice(0, starts.filter(start => start <= position).length - 1))
}

async function expectReadable(directory: string, end: number): Promise<void> {
  const reader = new SegmentReader(directory, key)
  expect(reader.bounds()).toEqual({ base: 0, end })
  expect((await readAll(reader)).equals(pattern(0, end))).toBe(true)
}

/** Expects the log to be readable up to `end`, free of damage, and writable from there. */
async function expectWhole(directory: string, end: number): Promise<void> {
  await expectReadable(directory, end)
  const found = await recoverLog(directory, key)
  expect(found).toMatchObject({ base: 0, end, exit: null, size: { cols: 80, rows: 24 } })
  expect(found.damage).toBeNull()
  const writer = new SegmentWriter(directory, key)
  expect(writer.end).toBe(end)
  writer.append("pty", pattern(end, 500))
  writer.close()
  await expectReadable(directory, end + 500)
}

for (const [name, damage] of [
  ["torn", (bytes: Buffer, at: number) => bytes.subarray(0, at)],
  ["flipped", (bytes: Buffer, at: number) => flip(bytes, at, 0x01)],
  ["inverted", (bytes: Buffer, at: number) => flip(bytes, at, 0xff)],
  ["zeroed from here", (bytes: Buffer, at: number) => Buffer.from(bytes).fill(0, at)],
] as const) {
  test(`${name} at every position of the last three frames`, async () => {
    using original = scratch()
    const before = 10_000
    const { file, starts, size } = writeLog(original.path, before)
    const contents = listSegments(original.path).map(({ path }) => ({ path, bytes: readFileSync(path) }))
    for (let position = starts[0]!; position < size; position++) {
      using copy = scratch()
      for (const { path, bytes } of contents) {
        const damaged = path === file ? damage(bytes, position) : bytes
        writeFileSync(join(copy.path, path.slice(original.path.length)), damaged)
      }
      const end = goodEnd(before, starts, position)
      await expectReadable(copy.path, end)
      const damaged = join(copy.path, file.slice(original.path.length))
      const found = await recoverLog(copy.path, key)
      const unseen = name === "torn" && starts.includes(position)
      const at = starts.findLast(start => start <= position)
      if (unseen) expect(found.damage).toBeNull()
      else expect(found.damage).toMatchObject({ file: damaged, position: at })
      if (found.damage) expect(found.damage.reason).toMatch(/cut off|damaged/)
      await expectWhole(copy.path, end)
    }
  }, 120_000)
}

function flip(bytes: Buffer, at: number, mask: number): Buffer {
  const copy = Buffer.from(bytes)
  copy[at]! ^= mask
  return copy
}

test("damage in an older segment is a gap up to the next segment, which is not truncated", async () => {
  using directory = scratch()
  const writer = new SegmentWriter(directory.path, key, { segmentBytes: 8192 })
  while (writer.end < 40_000) writer.append("pty", pattern(writer.end, 500))
  writer.close()
  const segments = listSegments(directory.path)
  const [first, second] = [segments[1]!, segments[2]!]
  const size = statSync(first.path).size
  writeFileSync(
    first.path,
    flip(readFileSync(first.path), SEGMENT_HEADER_BYTES + 3 * (500 + OVERHEAD) + 9, 0x10),
  )
  const found = await recoverLog(directory.path, key)
  const position = SEGMENT_HEADER_BYTES + 3 * (500 + OVERHEAD)
  expect(found).toMatchObject({ base: 0, end: 40_000, damage: { file: first.path, position } })
  expect(statSync(first.path).size).toBe(size)
  const reader = new SegmentReader(directory.path, key)
  const before = await reader.read(0, 40_000)
  expect(before.bytes.byteLength).toBe(first.base + 1500)
  const after = await reader.read(before.bytes.byteLength, 40_000)
  expect([after.offset, after.gap]).toEqual([second.base, "damage"])
  expect(pattern(second.base, 40_000 - second.base).equals(after.bytes)).toBe(true)
})

test("a damaged header affects at most its own segment", async () => {
  for (let position = 0; position < SEGMENT_HEADER_BYTES; position++) {
    using directory = scratch()
    const writer = new SegmentWriter(directory.path, key, { segmentBytes: 8192 })
    while (writer.end < 20_000) writer.append("pty", pattern(writer.end, 500))
    writer.close()
    const file = listSegments(directory.path).at(-1)!
    writeFileSync(file.path, flip(readFileSync(file.path), position, 0x01))
    const found = await recoverLog(directory.path, key)
    expect(found).toMatchObject({ base: 0, end: 20_000, damage: { file: file.path, position: 0 } })
    const { bytes } = await new SegmentReader(directory.path, key).read(0, 20_000)
    expect(bytes.byteLength).toBeGreaterThanOrEqual(file.base)
    expect(pattern(0, bytes.byteLength).equals(bytes)).toBe(true)
    const salt = position >= 16 && position < 32
    expect(bytes.byteLength).toBe(salt ? file.base : 20_000)
    const next = new SegmentWriter(directory.path, key)
    expect(next.end).toBe(20_000)
    next.close()
  }
})

test("a file that ends inside its header contains nothing and hides nothing", async () => {
  for (const size of [0, 1, 51, 52]) {
    using directory = scratch()
    const writer = new SegmentWriter(directory.path, key)
    writer.append("pty", pattern(0, 900))
    writer.close()
    const [only] = listSegments(directory.path)
    const torn = only!.path.replace("0000000000000000", "0000000000000900")
    writeFileSync(torn, readFileSync(only!.path).subarray(0, size))
    const found = await recoverLog(directory.path, key)
    expect(found).toMatchObject({ base: 0, end: 900 })
    expect(found.damage === null).toBe(size === 0 || size === 52)
    const next = new SegmentWriter(directory.path, key)
    next.append("pty", pattern(900, 100))
    next.close()
    expect(await readAll(new SegmentReader(directory.path, key))).toEqual(pattern(0, 1000))
  }
})

test("an empty file among the segments, as after a crash of the machine", async () => {
  using directory = scratch()
  writeFileSync(join(directory.path, "0000000000000000.seg"), Buffer.alloc(4096))
  const found = await recoverLog(directory.path, key)
  expect(found).toMatchObject({ base: 0, end: 0, damage: { position: 0 } })
  const writer = new SegmentWriter(directory.path, key)
  writer.append("pty", pattern(0, 100))
  writer.close()
  expect(await readAll(new SegmentReader(directory.path, key))).toEqual(pattern(0, 100))
})

test("the last exit and the last size are found in any segment", async () => {
  using directory = scratch()
  const writer = new SegmentWriter(directory.path, key, { limit: 64 << 10, segmentBytes: 8192 })
  writer.append("resize", encodeSize({ cols: 80, rows: 24 }))
  writer.append("pty", pattern(0, 100))
  writer.append("resize", encodeSize({ cols: 120, rows: 40 }))
  while (writer.end < 300_000) writer.append("pty", pattern(writer.end, 3000))
  writer.append("exit", encodeExit({ code: null, signal: "SIGKILL" }))
  writer.close()
  const found = await recoverLog(directory.path, key)
  expect(found).toEqual({
    base: writer.base,
    end: writer.end,
    exit: { code: null, signal: "SIGKILL", at: expect.any(Number) },
    size: { cols: 120, rows: 40 },
    damage: null,
  })
})

test("another key: every entry point reports one clear error, and no byte changes", async () => {
  using directory = scratch()
  const { file } = writeLog(directory.path, 10_000)
  writeFileSync(file, readFileSync(file).subarray(0, -5))
  const contents = () => listSegments(directory.path).map(({ path }) => [path, readFileSync(path)])
  const before = contents()
  const other = randomBytes(32)
  const refused = { code: "unavailable", message: expect.stringContaining("another key") }
  expect(() => new SegmentReader(directory.path, other)).toThrow(expect.objectContaining(refused))
  expect(() => new SegmentWriter(directory.path, other)).toThrow(expect.objectContaining(refused))
  await expect(recoverLog(directory.path, other)).rejects.toMatchObject(refused)
  expect(contents()).toEqual(before)
})

test("a frame that was changed together with its checksum is a gap, not wrong bytes", async () => {
  using directory = scratch()
  const writer = new SegmentWriter(directory.path, key)
  for (let i = 0; i < 10; i++) writer.append("pty", pattern(writer.end, 100))
  writer.close()
  const { path } = listSegments(directory.path)[0]!
  const bytes = readFileSync(path)
  const at = SEGMENT_HEADER_BYTES + 4 * (100 + OVERHEAD)
  bytes[at + 40]! ^= 1
  bytes.writeUInt32BE(crc32(bytes.subarray(at + 4, at + 100 + OVERHEAD)), at)
  writeFileSync(path, bytes)
  const reader = new SegmentReader(directory.path, key)
  expect((await reader.read(0, 1000)).bytes.byteLength).toBe(400)
  const after = await reader.read(400, 1000)
  expect([after.offset, after.gap]).toEqual([500, "damage"])
  expect(pattern(500, 500).equals(after.bytes)).toBe(true)
})
