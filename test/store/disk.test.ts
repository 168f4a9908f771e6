// Failing disks: a full one and a removed directory. The program continues, and the loss is a gap.

import { afterAll, describe, expect, test } from "bun:test"
import { randomBytes } from "node:crypto"
import { mkdirSync, readdirSync, rmSync, statSync } from "node:fs"
import { join } from "node:path"
import { encodeExit, encodeSize } from "../../src/store/frames/frame-facts.ts"
import { listSegments } from "../../src/store/segments/list.ts"
import { SegmentReader } from "../../src/store/segments/reader.ts"
import { recoverLog } from "../../src/store/segments/recover.ts"
import { SegmentWriter } from "../../src/store/segments/writer.ts"
import { Catalogue } from "../../src/store/state/catalogue.ts"
import { SessionDirectory } from "../../src/store/state/session-directory.ts"
import { eventually, scratch } from "../helpers.ts"
import { SmallDisk } from "../small-disk.ts"
import { evalCommand, run } from "../spawn.ts"
import { pattern } from "./log.ts"
import { meta, record } from "./records.ts"

const key = randomBytes(32)
const place = scratch()
const disk = new SmallDisk(place.path, "1m")
const fill = disk.fill.bind(disk)

afterAll(() => {
  disk[Symbol.dispose]()
  place[Symbol.dispose]()
})

function fresh(name: string): string {
  const path = join(place.path, name)
  mkdirSync(path)
  return path
}

/** Returns every run of the log as `[from, to]` after checking its bytes. */
async function runs(reader: SegmentReader): Promise<[number, number][]> {
  const found: [number, number][] = []
  for (let at = 0; ; ) {
    const { offset, bytes } = await reader.read(at, 1e9)
    if (!pattern(offset, bytes.byteLength).equals(bytes)) throw new Error(`wrong bytes at ${offset}`)
    if (bytes.byteLength === 0) return found
    at = offset + bytes.byteLength
    found.push([offset, at])
  }
}

describe.if(disk.there)("a full disk", () => {
  test("output continues, lost bytes are a gap, and writing resumes when there is space", async () => {
    const directory = fresh("gap")
    const writer = new SegmentWriter(directory, key, { segmentBytes: 64 << 10 })
    writer.append("resize", encodeSize({ cols: 80, rows: 24 }))
    for (let i = 0; i < 20; i++) writer.append("pty", pattern(writer.end, 5000))
    const giveBack = fill(10_000)
    while (writer.end < 1_000_000) writer.append("pty", pattern(writer.end, 5000))
    expect(writer.end).toBe(1_000_000)
    expect(writer.fault.code).toBe("ENOSPC")
    expect(writer.fault.lost).toBeGreaterThan(800_000)
    const reader = new SegmentReader(directory, key)
    const [[from, filled] = [0, 0], ...others] = await runs(reader)
    expect({ from, others }).toEqual({ from: 0, others: [] })
    expect(filled).toBeGreaterThan(100_000)
    giveBack()
    await eventually(() => reader.bounds().end === 1_000_000, "the end of the hole to be written")
    expect(writer.fault.code).toBeNull()
    expect(await reader.read(filled, 100)).toEqual({
      offset: 1_000_000,
      bytes: new Uint8Array(0),
      gap: "disk",
    })
    writer.append("pty", pattern(writer.end, 50_000))
    expect(await runs(reader)).toEqual([
      [0, filled],
      [1_000_000, 1_050_000],
    ])
    expect(writer.fault.lost).toBe(1_000_000 - filled)
    writer.close()
    const found = await recoverLog(directory, key)
    expect(found).toMatchObject({ end: 1_050_000, damage: null, size: { cols: 80, rows: 24 } })
    rmSync(directory, { recursive: true })
  })

  test("a frame that only partly fits is removed, for any amount of space", async () => {
    for (let spare = 0; spare <= 3 * 4096; spare += 1024) {
      const directory = fresh("half")
      const writer = new SegmentWriter(directory, key, { sync: "never" })
      writer.append("pty", pattern(0, 100))
      const giveBack = fill(spare)
      writer.append("pty", pattern(writer.end, 20_000))
      giveBack()
      writer.close()
      expect(await recoverLog(directory, key)).toMatchObject({ end: 20_100, damage: null })
      expect(await runs(new SegmentReader(directory, key))).toEqual([[0, 100]])
      rmSync(directory, { recursive: true })
    }
  })

  test("the exit and the last size are written when there is space, even without more output", async () => {
    const directory = fresh("exit")
    const writer = new SegmentWriter(directory, key)
    writer.append("pty", pattern(0, 100))
    const giveBack = fill()
    writer.append("pty", pattern(writer.end, 9000))
    for (let cols = 10; cols < 50; cols++) writer.append("resize", encodeSize({ cols, rows: 5 }))
    writer.append("exit", encodeExit({ code: 4, signal: null }))
    giveBack()
    const reader = new SegmentReader(directory, key)
    await eventually(() => reader.bounds().end === 9100, "the end of the hole to be written")
    expect(await recoverLog(directory, key)).toEqual({
      base: 0,
      end: 9100,
      exit: { code: 4, signal: null, at: expect.any(Number) },
      size: { cols: 49, rows: 5 },
      damage: null,
    })
    writer.close()
    rmSync(directory, { recursive: true })
  })

  test("close tries once more, whatever the current delay", async () => {
    const directory = fresh("close")
    const writer = new SegmentWriter(directory, key)
    const giveBack = fill()
    for (let i = 0; i < 100; i++) writer.append("pty", pattern(writer.end, 100))
    writer.append("exit", encodeExit({ code: 0, signal: null }))
    giveBack()
    writer.close()
    expect(await recoverLog(directory, key)).toMatchObject({ end: 10_000, exit: { code: 0, signal: null } })
    rmSync(directory, { recursive: true })
  })

  test("a full disk is rarely retried: a burst of 100,000 frames makes far fewer attempts", () => {
    const directory = fresh("seldom")
    const writer = new SegmentWriter(directory, key)
    writer.append("pty", pattern(0, 100))
    const giveBack = fill()
    for (let i = 0; i < 100_000; i++) writer.append("pty", pattern(writer.end, 5000))
    expect(writer.end).toBe(500_000_100)
    expect(writer.fault.refused).toBeGreaterThan(0)
    expect(writer.fault.refused).toBeLessThan(30)
    giveBack()
    writer.close()
    rmSync(directory, { recursive: true })
  })

  test("sessions' directories: creation fails whole, and existing files stay", () => {
    const FULL = expect.objectContaining({ code: "ENOSPC" })
    const state = fresh("state")
    const master = randomBytes(32)
    const directory = SessionDirectory.create(state, master, meta("s_1"))
    const giveBack = fill()
    expect(() => SessionDirectory.create(state, master, meta("s_2"))).toThrow(FULL)
    expect(() => directory.update({ title: "x".repeat(9000) })).toThrow(FULL)
    expect(readdirSync(join(state, "sessions"))).toHaveLength(1)
    expect(SessionDirectory.open(state, master, "s_1").meta).toEqual(meta("s_1"))
    giveBack()
    directory.update({ title: "y" })
    expect(SessionDirectory.open(state, master, "s_1").meta.title).toBe("y")
    rmSync(state, { recursive: true })
  })

  test("the catalogue works from memory, and its file catches up", () => {
    const state = fresh("catalogue")
    const catalogue = new Catalogue(state)
    catalogue.put(record("s_1"))
    const giveBack = fill()
    for (let i = 2; i < 300; i++) catalogue.put(record(`s_${i}`, { createdAt: i }))
    catalogue.remove("s_1")
    expect(catalogue.problem).toContain("full")
    expect(catalogue.list()).toHaveLength(298)
    giveBack()
    catalogue.put(record("s_300"))
    expect(catalogue.problem).toBeNull()
    catalogue.close()
    const next = new Catalogue(state)
    expect(next).toMatchObject({ lost: false, movedAside: null })
    expect(next.list()).toEqual(catalogue.list())
    next.close()
    rmSync(state, { recursive: true })
  })
})

test("if the directory is removed, the writer never throws and continues when it is back", async () => {
  using directory = scratch()
  const path = join(directory.path, "log")
  mkdirSync(path)
  const writer = new SegmentWriter(path, key, { segmentBytes: 8192 })
  writer.append("pty", pattern(0, 3000))
  rmSync(path, { recursive: true })
  for (let i = 0; i < 50; i++) writer.append("pty", pattern(writer.end, 3000))
  expect(writer.fault.code).toBe("ENOENT")
  mkdirSync(path)
  const reader = new SegmentReader(path, key)
  await eventually(() => reader.bounds().end === writer.end, "the log to go on")
  writer.append("pty", pattern(writer.end, 3000))
  expect(await runs(reader)).toEqual([[153_000, 156_000]])
  writer.close()
})

test("a file size limit reached inside a frame also gives a gap", async () => {
  using directory = scratch()
  const program = `import { SegmentWriter } from "./src/store/segments/writer.ts"
    import { pattern } from "./test/store/log.ts"
    import { delay } from "./src/core/lib/wake.ts"
    process.on("SIGXFSZ", () => {})
    const writer = new SegmentWriter(process.env.WHERE!, Buffer.from(process.env.KEY!, "hex"))
    for (; writer.end < 500_000; await delay(2)) writer.append("pty", pattern(writer.end, 3000))
    console.log(JSON.stringify(writer.fault))`
  const env = { ...process.env, WHERE: directory.path, KEY: key.toString("hex") }
  const line = ["sh", "-c", `trap '' XFSZ; ulimit -f 200; exec "$@"`, "sh", ...evalCommand(program)]
  const { stdout, code } = await run(line, { cwd: join(import.meta.dirname, "../.."), env })
  expect(code).toBe(0)
  const { lost, refused } = JSON.parse(stdout) as { lost: number; refused: number }
  expect(refused).toBeGreaterThan(0)
  const found = await runs(new SegmentReader(directory.path, key))
  expect(found.length).toBeGreaterThan(1)
  expect(lost).toBeGreaterThan(0)
  expect(found.reduce((sum, [from, to]) => sum + to - from, 0)).toBe(501_000 - lost)
  for (const { path } of listSegments(directory.path))
    expect(statSync(path).size).toBeLessThanOrEqual(200 * 1024)
})
