// A module for the server under test: counts ticks of a 10 ms timer and writes `Ticks` as JSON at intervals.

import { writeFileSync } from "node:fs"

export type Ticks = { ticks: number; ms: number }

const path = process.env.BENCH_TICKS
const begun = performance.now()
let ticks = 0
setInterval(() => ticks++, 10).unref()
setInterval(() => {
  if (path) writeFileSync(path, JSON.stringify({ ticks, ms: performance.now() - begun } satisfies Ticks))
}, 100).unref()
