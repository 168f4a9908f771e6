// Killed writers, and readers of a log that another process writes.

import { expect, test } from "bun:test"
import type { ChildProcessByStdio } from "node:child_process"
import { randomBytes } from "node:crypto"
import { readFileSync } from "node:fs"
import type { Readable } from "node:stream"
import { delay } from "../../src/core/lib/wake.ts"
import { listSegments } from "../../src/store/segments/list.ts"
import { SegmentReader } from "../../src/store/segments/reader.ts"
import { recoverLog } from "../../src/store/segments/recover.ts"
import { SegmentWriter } from "../../src/store/segments/writer.ts"
import { fixture, scratch } from "../helpers.ts"
import { runCommand, spawn } from "../spawn.ts"
import { pattern, readAll } from "./log.ts"

const key = randomBytes(32)

/** Starts a process that writes a log from its current end. */
function writerProcess(directory: string, most: number, total: number, pauseMs: number) {
  const program = fixture("log-writer.ts")
  const values = [directory, key.toString("hex"), most, total, pauseMs].map(String)
  return spawn<ChildProcessByStdio<null, Readable, null>>(runCommand(program, ...values), {
    stdio: ["ignore", "pipe", "inherit"],
  })
}

/** Kills a writer after it has printed more than `lines` offsets. Returns the last one. */
async function killInBurst(child: ReturnType<typeof writerProcess>, lines: number): Promise<number> {
  let printed = ""
  for await (const chunk of child.stdout) {
    printed += Buffer.from(chunk).toString()
    if (printed.split("\n").length > lines) child.kill("SIGKILL")
  }
  await child.exited
  expect(child.signalCode).toBe("SIGKILL")
  return Number(printed.slice(0, printed.lastIndexOf("\n")).split("\n").at(-1))
}

test("a writer killed 20 times in a burst: everything acknowledged and everything in bounds is intact", async () => {
  using directory = scratch()
  let acknowledged = 0
  for (let life = 0; life < 20; life++) {
    const child = writerProcess(directory.path, life % 2 === 0 ? 200 : 60_000, 1e12, 0)
    acknowledged = await killInBurst(child, 1 + Math.floor(Math.random() * 20))
    const reader = new SegmentReader(directory.path, key)
    const { base, end } = reader.bounds()
    expect(base).toBe(0)
    expect(end).toBeGreaterThanOrEqual(acknowledged)
    const found = await recoverLog(directory.path, key)
    expect(found).toMatchObject({ base: 0, end })
    if (life % 5 !== 4) continue
    expect((await readAll(reader)).equals(pattern(0, end))).toBe(true)
  }
}, 120_000)

test("a reader gets every byte of another process's log once and in order", async () => {
  using directory = scratch()
  const total = 20 << 20
  const child = writerProcess(directory.path, 20_000, total, 1)
  const reader = new SegmentReader(directory.path, key)
  let at = 0
  let lastEnd = 0
  let exited = false
  void child.exited.then(() => {
    exited = true
  })
  for (;;) {
    const last = exited
    const { offset, bytes } = await reader.read(at, 100_000)
    expect(offset).toBe(at)
    if (!pattern(at, bytes.byteLength).equals(bytes)) throw new Error(`wrong bytes after ${at}`)
    at += bytes.byteLength
    const { base, end } = Math.random() < 0.5 ? reader.bounds() : await reader.catchUp()
    expect(base).toBe(0)
    expect(end).toBeGreaterThanOrEqual(Math.max(at, lastEnd))
    lastEnd = end
    if (bytes.byteLength > 0) continue
    if (last) break
    await delay(1)
  }
  expect(at).toBe(lastEnd)
  expect(at).toBeGreaterThanOrEqual(total)
})

test("a reader slower than retention sees gaps but never a wrong byte", async () => {
  using directory = scratch()
  const writer = new SegmentWriter(directory.path, key, {
    limit: 128 << 10,
    segmentBytes: 16 << 10,
    sync: "never",
  })
  const reader = new SegmentReader(directory.path, key)
  let at = 0
  let gaps = 0
  for (let i = 0; i < 300; i++) {
    const [run] = await Promise.all([reader.read(at, 5000), Promise.resolve().then(() => burst(writer))])
    if (run.offset !== at) gaps++
    expect(run.offset).toBeGreaterThanOrEqual(at)
    expect(pattern(run.offset, run.bytes.byteLength).equals(run.bytes)).toBe(true)
    at = run.offset + run.bytes.byteLength
  }
  expect(gaps).toBeGreaterThan(10)
  writer.close()
})

function burst(writer: SegmentWriter): void {
  for (let i = 0; i < 10; i++) writer.append("pty", pattern(writer.end, 2000))
}

test("concurrent reads on one reader do not interfere", async () => {
  using directory = scratch()
  const writer = new SegmentWriter(directory.path, key, { segmentBytes: 300_000, sync: "never" })
  while (writer.end < 3e6) writer.append("pty", pattern(writer.end, 1 + Math.floor(Math.random() * 3000)))
  const reader = new SegmentReader(directory.path, key)
  const reads = Array.from({ length: 200 }, async () => {
    const from = Math.floor(Math.random() * writer.end)
    const { offset, bytes } = await reader.read(from, 50_000)
    return (
      offset === from &&
      bytes.byteLength === Math.min(50_000, writer.end - from) &&
      pattern(from, bytes.byteLength).equals(bytes)
    )
  })
  expect((await Promise.all(reads)).every(Boolean)).toBe(true)
  writer.close()
})

test("no key uses a nonce twice, across closes, crashes and damage", async () => {
  using directory = scratch()
  const seen = new Set<string>()
  let frames = 0
  for (let life = 0; life < 30; life++) {
    const writer = new SegmentWriter(directory.path, key, { segmentBytes: 4096, sync: "never" })
    for (let i = 0; i < 40; i++) writer.append("pty", pattern(writer.end, 150))
    if (life % 3 === 0) writer.close()
    if (life % 3 === 1) await recoverLog(directory.path, key)
  }
  for (const { path } of listSegments(directory.path)) {
    const bytes = readFileSync(path)
    const salt = bytes.subarray(16, 32).toString("hex")
    for (let at = 52; at < bytes.byteLength; at += bytes.readUInt32BE(at + 4) + 44) {
      seen.add(`${salt} ${bytes.readUInt32BE(at + 24)}`)
      frames++
    }
  }
  expect(frames).toBe(30 * 40)
  expect(seen.size).toBe(frames)
})
