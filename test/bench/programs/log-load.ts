// Writes a log with frames of one size, or the same bytes with bare writes. Prints a `Seen` as JSON.
// Arguments: directory, frame bytes, total bytes, sync policy, or "bare".

import { closeSync, openSync, writeSync } from "node:fs"
import { join } from "node:path"
import type { SyncPolicy } from "../../../src/store/segments/sync.ts"
import { SegmentWriter } from "../../../src/store/segments/writer.ts"
import { percentile } from "../lib/figures.ts"

const [directory, frame, total, how] = process.argv.slice(2)
const bytes = crypto.getRandomValues(new Uint8Array(Number(frame)))
const count = Math.floor(Number(total) / bytes.byteLength)
/** Output arrives in callbacks: the event loop turns after this many bytes. */
const turn = Math.max(1, Math.floor(65_536 / bytes.byteLength))
const append = how === "bare" ? bare() : logged(how as SyncPolicy)
const times: number[] = []

const begun = performance.now()
for (let i = 0; i < count; i++) {
  const before = performance.now()
  append(bytes)
  times.push(performance.now() - before)
  if (i % turn === 0) await new Promise(resolve => setImmediate(resolve))
}
const ms = performance.now() - begun
const [p50, p99, worst] = [percentile(times, 50), percentile(times, 99), Math.max(...worstOf(times))]
console.log(JSON.stringify({ mbs: (count * bytes.byteLength) / ms / 1000, p50, p99, worst }))
process.exit(0)

function bare(): (bytes: Uint8Array) => void {
  const fd = openSync(join(directory!, "bare"), "w")
  process.on("exit", () => closeSync(fd))
  let at = 0
  return bytes => {
    at = at > 8 << 20 ? 0 : at
    at += writeSync(fd, bytes, 0, bytes.byteLength, at)
  }
}

function logged(sync: SyncPolicy): (bytes: Uint8Array) => void {
  const writer = new SegmentWriter(directory!, new Uint8Array(32), { sync })
  return bytes => writer.append("pty", bytes)
}

/** `Math.max` cannot take a million arguments. */
function worstOf(values: number[]): number[] {
  return [values.reduce((a, b) => Math.max(a, b), 0)]
}
