// Cost of the log on disk for its writer, beside bare writes of the same bytes, and read-back speed.

import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { SegmentReader } from "../../src/store/segments/reader.ts"
import { SegmentWriter } from "../../src/store/segments/writer.ts"
import { helper } from "./lib/api.ts"
import { type Bench, median, type Row } from "./lib/figures.ts"

const KEY = new Uint8Array(32)
const ROUNDS = 5
const SIZES = [
  { frame: 65_536, total: 512 << 20 },
  { frame: 100, total: 24 << 20 },
]

type Seen = { mbs: number; p50: number; p99: number; worst: number }

/** Runs `work` in a temporary directory and removes it. */
async function inDirectory<T>(work: (directory: string) => Promise<T>): Promise<T> {
  const directory = mkdtempSync(join(tmpdir(), "ptyline-bench-log-"))
  try {
    return await work(directory)
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

async function append(frame: number, total: number, how: string): Promise<Row> {
  const seen: { logged: Seen; bare: Seen }[] = []
  for (let i = 0; i < ROUNDS; i++) {
    const logged = await inDirectory(path => helper<Seen>("log-load.ts", path, frame, total, how))
    const bare = await inDirectory(path => helper<Seen>("log-load.ts", path, frame, total, "bare"))
    seen.push({ logged, bare })
  }
  const worst = median(seen.map(({ logged }) => logged.worst)).toFixed(1)
  const each = (median(seen.map(({ logged }) => logged.p50)) * 1000).toFixed(1)
  return {
    name: `log: append ${frame} B, sync ${how}`,
    measured: median(seen.map(({ logged }) => logged.mbs)),
    unit: "MB/s",
    baseline: median(seen.map(({ bare }) => bare.mbs)),
    target: "information",
    met: null,
    note: `p50 ${each} us, worst ${worst} ms`,
  }
}

/** Reads everything while a timer measures how long the event loop is blocked. */
async function read(directory: string, max: number): Promise<{ mbs: number; held: number }> {
  const reader = new SegmentReader(directory, KEY)
  const loop = watchLoop()
  const begun = performance.now()
  let at = 0
  for (;;) {
    const { bytes } = await reader.read(at, max)
    if (bytes.byteLength === 0) break
    at += bytes.byteLength
  }
  return { mbs: at / (performance.now() - begun) / 1000, held: loop() }
}

/** Returns a function that gives the longest block of the event loop in ms, other load included. */
function watchLoop(): () => number {
  let [last, held, on] = [performance.now(), 0, true]
  const look = () => {
    const now = performance.now()
    held = Math.max(held, now - last)
    last = now
    if (on) setImmediate(look)
  }
  setImmediate(look)
  return () => {
    on = false
    return held
  }
}

async function readBack(frame: number, total: number, max: number): Promise<Row> {
  const seen = await inDirectory(async path => {
    fill(path, frame, total)
    const runs: { mbs: number; held: number }[] = []
    for (let i = 0; i < ROUNDS; i++) runs.push(await read(path, max))
    return runs
  })
  const held = Math.max(...seen.map(run => run.held)).toFixed(1)
  const mbs = median(seen.map(run => run.mbs))
  const name = `log: read ${frame} B frames, ${max >> 10} KiB at once`
  return { name, measured: mbs, unit: "MB/s", target: "information", met: null, note: `loop held ${held} ms` }
}

function fill(path: string, frame: number, total: number): void {
  const writer = new SegmentWriter(path, KEY, { sync: "never" })
  const bytes = crypto.getRandomValues(new Uint8Array(frame))
  while (writer.end < total) writer.append("pty", bytes)
  writer.close()
}

/** Reads 4 KiB from random places: after the first read, positions are known. */
async function random(frame: number, total: number): Promise<Row> {
  const times = await inDirectory(async path => {
    fill(path, frame, total)
    const reader = new SegmentReader(path, KEY)
    const all: number[] = []
    for (let i = 0; i < 500; i++) {
      const begun = performance.now()
      await reader.read(Math.floor(Math.random() * total), 4096)
      all.push(performance.now() - begun)
    }
    return all
  })
  const note = `worst ${Math.max(...times).toFixed(1)} ms`
  const name = `log: 4 KiB at random, ${frame} B frames`
  return { name, measured: median(times), unit: "ms", target: "information", met: null, note }
}

/** Cost of the first and of later reads of the bounds of a log of small frames. */
async function bounds(frame: number): Promise<Row> {
  const [first, later] = await inDirectory(async path => {
    fill(path, frame, 5 << 20)
    const reader = new SegmentReader(path, KEY)
    const times = Array.from({ length: 100 }, () => {
      const begun = performance.now()
      reader.bounds()
      return performance.now() - begun
    })
    return [times[0]!, median(times.slice(1))]
  })
  const note = `later ${(later * 1000).toFixed(0)} us`
  const name = `log: first bounds, ${frame} B frames`
  return { name, measured: first, unit: "ms", target: "information", met: null, note }
}

export const log: Bench = {
  name: "log",
  async run(report) {
    for (const { frame, total } of SIZES)
      for (const how of ["interval", "never"]) report(await append(frame, total, how))
    report(await append(4096, 16 << 20, "always"))
    for (const { frame, total } of SIZES) {
      report(await readBack(frame, Math.min(total, 40 << 20), 65_536))
      report(await readBack(frame, Math.min(total, 40 << 20), 1 << 20))
      report(await random(frame, Math.min(total, 40 << 20)))
    }
    report(await bounds(100))
  },
}
