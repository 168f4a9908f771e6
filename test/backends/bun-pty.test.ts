// Backend "bun-pty": the contract with the limits of its library, and tests of its worker.

import { describe, expect, test } from "bun:test"
import { bunPtyBackend } from "../../src/backends/bun-pty/backend.ts"
import { libraryPath } from "../../src/backends/bun-pty/library.ts"
import { terminalBackend } from "../../src/backends/terminal/backend.ts"
import { ttyOf } from "../../src/backends/terminal/tty.ts"
import { delay } from "../../src/core/lib/wake.ts"
import { fixture, type Run, start } from "../helpers.ts"
import { run, runCommand } from "../spawn.ts"
import { contract } from "./contract.ts"

contract(bunPtyBackend, {
  signalAsCode: "the library waits for the child itself and reports code 1 for every signal",
  tailLost: "the library's reader takes the program's end for the end of the output and drops later output",
  lastOutput: {
    lost: 3,
    why: "the library ends the output 20 ms after the program, even if its reader has not passed on everything",
  },
  ...("Bun" in globalThis && {
    ignoredSignals: {
      mask: "0000000001000000",
      why: "Bun ignores SIGXFSZ and the library does not undo that",
    },
  }),
})

describe("the native library", () => {
  test("is not loaded before a session needs it", async () => {
    expect(await runJson(runCommand(fixture("one-session.ts"), "pipe"))).toMatchObject({
      after: false,
    })
    const used = await runJson(runCommand(fixture("one-session.ts"), "bun-pty"))
    expect(used).toMatchObject({ before: false, after: true, code: 3 })
  })
})

test("the terminal of a program is found when its input comes from a file", async () => {
  await using run = start(terminalBackend, "exec 3<&0 </dev/null; tty <&3; exec sleep 30")
  await run.until(/pts\/\d+\r\n/)
  const tty = ttyOf(run.session.life.pid, libraryPath())
  expect(`/dev/pts/${tty?.number}`).toBe(run.text.trim())
  tty?.close()
})

test("a thread that is stuck for two seconds during a flood does not exhaust the memory", async () => {
  const { grownMB, code } = await runJson(runCommand(fixture("flood-while-stuck.ts")))
  // 200 MB without a limit; 8 MB wait for the stuck thread, the rest is the runtime's
  expect(grownMB).toBeLessThan(60)
  expect(code).toBe(1)
})

test("the echo of a key does not wait for the next poll", async () => {
  await using run = start(bunPtyBackend, "stty raw; exec cat >/dev/null")
  // polling every 8 ms, as the package does, takes 6 ms; slower attempts are due to the machine
  let best = Number.POSITIVE_INFINITY
  for (let i = 0; i < 10 && best >= 5; i++) best = Math.min(best, await echoTime(run))
  expect(best).toBeLessThan(5)
})

/** Resolves with the median time of 40 echoes, in ms. */
async function echoTime(run: Run): Promise<number> {
  const times: number[] = []
  for (let i = 0; i < 40; i++) {
    const end = run.session.log.end
    const start = performance.now()
    run.type("x")
    await run.untilTrue(() => run.session.log.end > end, "an echo")
    times.push(performance.now() - start)
    await delay(2)
  }
  return times.sort((a, b) => a - b)[20]!
}

/** Runs a fixture and parses its output as JSON. */
async function runJson(command: string[]): Promise<Record<string, unknown>> {
  return JSON.parse((await run(command, { cwd: "/" })).stdout)
}
