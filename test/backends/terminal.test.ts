// Backend "terminal": the contract, also after a flood has moved the terminal to a worker.

import { expect, test } from "bun:test"
import { readdirSync, readlinkSync } from "node:fs"
import { terminalBackend } from "../../src/backends/terminal/backend.ts"
import { eventually, start } from "../helpers.ts"
import { contract } from "./contract.ts"

contract(terminalBackend)

/** Returns the number of master sides of terminals in this process. */
const masters = (): number =>
  readdirSync("/proc/self/fd").filter(descriptor => {
    try {
      return readlinkSync(`/proc/self/fd/${descriptor}`).endsWith("ptmx")
    } catch {
      return false
    }
  }).length

test("after a flood, input, size, line limit and exit work as before, and no descriptor stays open", async () => {
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
    await run.untilTrue(() => run.session.life.closed, "the end")
    expect(run.text).toEndWith("hello\r\ngot-hello\r\n33 91\r\n")
    expect(run.session.life.exit).toMatchObject({ code: 9, signal: null })
  }
  await eventually(() => masters() <= before, "the terminals to be closed")
})

test("ten floods at once all arrive whole, and Ctrl-C ends an endless one", async () => {
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
  await endless.untilTrue(() => endless.session.life.closed, "the end by Ctrl-C")
  expect(endless.session.life.exit).toMatchObject({ code: null, signal: "SIGINT" })
  await endless[Symbol.asyncDispose]()
  await eventually(() => masters() <= before, "the terminals to be closed")
})

test("echo is off before the program starts, even for one that starts fast", async () => {
  for (let i = 0; i < 20; i++) {
    await using run = start(terminalBackend, ["stty", "-a"], { echo: false })
    const { text } = await run.collect()
    expect([i, / -echo /.test(text)]).toEqual([i, true])
  }
})

/** Prints a program's environment and descriptors. */
const PRINT_ENV =
  "print map { qq($_=$ENV{$_}\n) } sort keys %ENV; opendir D, '/proc/self/fd'; print join ' ', sort readdir D"

test("a program that a gate delays gets its own environment and no descriptor of the gate", async () => {
  const outputs: string[] = []
  for (const echo of [true, false]) {
    await using run = start(terminalBackend, ["/usr/bin/perl", "-e", PRINT_ENV], { echo })
    outputs.push((await run.collect()).text.replace(/PTYLINE_SESSION=.*/, ""))
  }
  expect(outputs[1]).toBe(outputs[0]!)
})

test("a program that cannot run is rejected also with a gate", () => {
  expect(() => start(terminalBackend, ["/no/such"], { echo: false })).toThrow("no such command: /no/such")
})
