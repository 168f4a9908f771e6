// Compares a screen restored from a snapshot with a terminal that saw all output, for 1,000 random streams.

import { expect, test } from "bun:test"
import { XtermEngine } from "../../src/screen/xterm/engine.ts"
import { type Difference, differences, feed, stateOf, viewer } from "./state.ts"
import { random, randomOutput } from "./vt.ts"

const CASES = 1000
/**
 * Number of cases that no sequence can restore: a pen with a link's underline, half of a wide character at
 * the edge.
 */
const LOST = 1

type Outcome = { seed: number; restored: Difference[]; later: Difference[] }

/** Runs one case. The viewer has shown something else before, like one after a gap. */
async function restore(seed: number): Promise<Outcome> {
  const r = random(seed)
  const size = { cols: 8 + r(73), rows: 3 + r(22) }
  const output = new TextEncoder().encode(randomOutput(r, size, 20 + r(200)))
  const more = randomOutput(r, size, 1 + r(40))
  const engine = await XtermEngine.open(size)
  const [truth, restored] = [viewer(size), viewer(size)]
  await engine.write(output)
  feed(truth, output)
  feed(restored, randomOutput(r, size, 10))
  feed(restored, await engine.snapshot())
  const first = differences(stateOf(truth), stateOf(restored))
  for (const terminal of [truth, restored]) feed(terminal, more)
  const later = differences(stateOf(truth), stateOf(restored))
  for (const opened of [engine, truth, restored]) opened.dispose()
  return { seed, restored: first, later: first.length === 0 ? later : [] }
}

test(`at least ${CASES - LOST} of ${CASES} random streams: the restored screen is equal, also after more output`, async () => {
  const outcomes: Outcome[] = []
  for (let seed = 1; seed <= CASES; seed++) outcomes.push(await restore(seed))
  const lost = outcomes.filter(({ restored, later }) => restored.length + later.length > 0)
  expect(lost.length, JSON.stringify(lost)).toBeLessThanOrEqual(LOST)
}, 120_000)

test("GroundFinder agrees with the emulator's own parser", async () => {
  const engine = await XtermEngine.open({ cols: 80, rows: 24 })
  for (let seed = 1; seed <= 50; seed++) {
    const finder = engine.groundFinder()
    const bytes = noise(seed)
    for (let at = 0; at < bytes.length; at++) {
      const byte = bytes.subarray(at, at + 1)
      const open = finder.push(byte) < 0
      await engine.write(byte)
      if (open === engine.ground && !inCharacter(bytes, at)) throw new Error(`seed ${seed}, byte ${at}`)
    }
    await engine.write(new Uint8Array([0x18]))
  }
})

/** Sequences and characters, many of them interrupted by the next. */
function noise(seed: number): Uint8Array {
  const r = random(seed)
  const starts = [
    "\x1b[1;2",
    "\x1b]0;ti",
    "\x1bP1$q",
    "\x1b",
    "\x1b(",
    "\u009b3",
    "\u009dx",
    "\x1b_G",
    "\x1bX",
    "\x18",
    "\x07",
    "\x1b\\",
    "m",
    "é漢👍",
    "\n",
    "\u009c",
  ]
  return new TextEncoder().encode(Array.from({ length: 60 }, () => starts[r(starts.length)]).join(""))
}

const inCharacter = (bytes: Uint8Array, at: number): boolean =>
  bytes[at]! >= 0xc0 || (bytes[at + 1] !== undefined && (bytes[at + 1]! & 0xc0) === 0x80)
