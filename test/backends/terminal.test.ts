// Backend "terminal" keeps the whole contract, also behind a flood, when its terminal has moved to another thread.

import { expect, test } from "bun:test"
import { readdirSync, readlinkSync } from "node:fs"
import { terminalBackend } from "../../src/backends/terminal.ts"
import { eventually, start } from "../helpers.ts"
import { contract } from "./contract.ts"

contract(terminalBackend)

/** Descriptors of this process that are terminals' other sides. */
const masters = (): number =>
  readdirSync("/proc/self/fd").filter(descriptor => {
    try {
      return readlinkSync(`/proc/self/fd/${descriptor}`).endsWith("ptmx")
    } catch {
      return false
    }
  }).length

test("behind a flood input, size, line limit and exit are what they were, and nothing stays open", async () => {
  const before = masters()
  {
    const flood = "head -c 30000000 /dev/zero | tr '\\0' x; echo"
    await using run = start(terminalBackend, `${flood}; read a; echo got-$a; stty size; exit 9`, {
      logLimit: 65536,
    })
    await run.untilTrue(() => run.session.log.end === 30_000_002, "the flood to end")
    expect(() => run.type("x".repeat(5000))).toThrow("line mode")
    run.session.resize({ cols: 91, rows: 33 })
    run.type("hello\n")
    await run.until("33 91")
    await run.untilTrue(() => run.session.closed, "the end")
    expect(run.text).toEndWith("hello\r\ngot-hello\r\n33 91\r\n")
    expect(run.session.exit).toMatchObject({ code: 9, signal: null })
  }
  await eventually(() => masters() === before, "the terminals to be closed")
})

test("ten floods at once all come whole, and Ctrl-C ends one that would not", async () => {
  const before = masters()
  const all = Array.from({ length: 10 }, () => start(terminalBackend, "seq 1 200000", { logLimit: 8 << 20 }))
  await using endless = start(terminalBackend, "yes", { logLimit: 65536 })
  const length = Array.from({ length: 200_000 }, (_, i) => `${i + 1}\r\n`).join("").length
  for (const run of all) {
    const { bytes, gaps, exit } = await run.collect()
    expect([bytes.length, gaps, exit.exit.code]).toEqual([length, 0, 0])
    await run[Symbol.asyncDispose]()
  }
  await endless.untilTrue(() => endless.session.log.end > 3_000_000, "the endless one to flood")
  endless.type("\x03")
  await endless.untilTrue(() => endless.session.closed, "the end by Ctrl-C")
  expect(endless.session.exit).toMatchObject({ code: null, signal: "SIGINT" })
  await endless[Symbol.asyncDispose]()
  await eventually(() => masters() === before, "the terminals to be closed")
})
