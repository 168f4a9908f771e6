// Contract: every byte arrives unchanged before the end is reported.

import { expect, test } from "bun:test"
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { delay } from "../../../src/core/lib/wake.ts"
import type { Backend } from "../../../src/core/session/backend.ts"
import { fixture, type Run, scratch, start, timerShare } from "../../helpers.ts"
import type { Limits } from "../contract.ts"

/** Stops a terminal from turning newlines into CR LF. */
const unprocessed = (backend: Backend) => (backend.tty ? "stty -opost;" : "")

export function output(backend: Backend, limits: Limits): void {
  test("300 short commands: the last output and the exit code of each", async () => {
    const results: string[] = []
    const one = async () => {
      await using run = start(backend, "printf x; exit 7")
      const { text, exit } = await run.collect()
      results.push(`${text} ${exit.exit.code}`)
    }
    for (let i = 0; i < 30; i++) await Promise.all(Array.from({ length: 10 }, one))
    const wrong = results.filter(result => result !== "x 7")
    const lost = wrong.filter(result => result === " 7")
    expect(wrong.length - lost.length).toBe(0)
    expect(lost.length).toBeLessThanOrEqual(limits.lastOutput?.lost ?? 0)
    expect(results).toHaveLength(300)
  })

  test("a megabyte from a program that then exits at once, 20 times", async () => {
    using folder = scratch()
    for (let i = 0; i < 20; i++) {
      const copy = join(folder.path, String(i))
      await using run = start(backend, `head -c 1000000 /dev/urandom | base64 -w0 | tee ${copy}`)
      const { bytes, gaps } = await run.collect()
      expect(gaps).toBe(0)
      expect(Buffer.compare(bytes, readFileSync(copy))).toBe(0)
    }
  })

  // An earlier version suspended output with tcflow(3) to give the event loop a turn. Linux drops a newline
  // that is written while its terminal is suspended, and 12 of 15 floods like this one lost some bytes.
  test("no newline of a flood is lost, 5 times", async () => {
    const newline = backend.tty ? "\r\n" : "\n"
    const lines = Array.from({ length: 300_000 }, (_, i) => `${i + 1}${newline}`).join("")
    for (let i = 0; i < 5; i++) {
      await using run = start(backend, "seq 1 300000")
      const { bytes, gaps } = await run.collect()
      expect(gaps).toBe(0)
      expect(bytes.length - lines.length).toBe(0)
      expect(Buffer.compare(bytes, Buffer.from(lines))).toBe(0)
    }
  })

  test("every byte value passes unchanged", async () => {
    using folder = scratch()
    const file = join(folder.path, "bytes")
    const all = new Uint8Array(65536).map((_, i) => i ^ (i >> 8))
    writeFileSync(file, all)
    await using run = start(backend, `${unprocessed(backend)} cat ${file}`)
    expect(Buffer.compare((await run.collect()).bytes, all)).toBe(0)
  })

  test("characters written byte by byte arrive whole", async () => {
    await using run = start(backend, ["perl", fixture("dribble.pl"), "aé€😀\u0301ß"])
    expect((await run.collect()).text).toBe("aé€😀\u0301ß")
  })

  const enough = limits.flood?.share ?? FLOOD_SHARE
  for (const flood of ["yes", "tr '\\0' x </dev/zero"])
    test(`the event loop continues during a flood of \`${flood}\`, which can be interrupted`, async () => {
      await using run = start(backend, `exec ${flood}`, { logLimit: 1 << 20 })
      await run.untilTrue(() => run.session.log.end > 100_000, "a flood")
      const share = await bestShare(enough)
      interrupt(backend, run)
      await run.collect()
      expect(share).toBeGreaterThan(enough)
    })
}

/** Share of the ticks of a 10 ms timer that must come during a flood. */
const FLOOD_SHARE = 0.85

/** Resolves with the first share that is enough, or the best of 10: other load must not count. */
async function bestShare(enough: number): Promise<number> {
  let best = 0
  for (let i = 0; i < 10 && best <= enough; i++) best = Math.max(best, await timerShare(delay(400)))
  return best
}

function interrupt(backend: Backend, run: Run): void {
  if (backend.tty) run.type("\x03")
  else run.session.signal("INT")
}
