// Contract of a backend with a terminal: size, echo, interrupt, controlling terminal, line limit.

import { expect, test } from "bun:test"
import type { Backend } from "../../../src/core/session/backend.ts"
import { eventually, type Run, start } from "../../helpers.ts"
import { run } from "../../spawn.ts"

export function terminals(backend: Backend): void {
  test("all three streams are one terminal, the controlling one", async () => {
    await using run = start(backend, "test -t 0 && test -t 1 && test -t 2 && tty && echo own >/dev/tty")
    const { text, exit } = await run.collect()
    expect(text).toMatch(/^\/dev\/pts\/\d+\r\nown\r\n$/)
    expect(exit.exit.code).toBe(0)
  })

  test("the child sees its size, and a new one", async () => {
    await using run = start(
      backend,
      "trap 'stty size; exit' WINCH; stty size; while :; do sleep 0.02; done",
      {
        size: { cols: 91, rows: 17 },
      },
    )
    await run.until("17 91")
    run.session.resize({ cols: 132, rows: 43 })
    await run.until("43 132")
    expect((await run.collect()).exit.exit.code).toBe(0)
  })

  test("Ctrl-C interrupts the program", async () => {
    await using run = start(
      backend,
      "trap 'echo interrupted; exit 9' INT; echo ready; while :; do sleep 0.02; done",
    )
    await run.until("ready")
    run.type("\x03")
    const { text, exit } = await run.collect()
    expect(text).toContain("interrupted")
    expect(exit.exit.code).toBe(9)
  })

  test.each([true, false])("echo: %p", async echo => {
    await using run = start(backend, "read -r line; echo read", { echo })
    run.type("typed\n")
    expect((await run.collect()).text).toBe(echo ? "typed\r\nread\r\n" : "read\r\n")
  })

  test("a line of 4,095 bytes arrives, one of 4,096 is rejected", async () => {
    await using run = start(backend, "echo ready; head -n 1 | wc -c", { echo: false })
    await run.until("ready")
    expect(() => run.type("x".repeat(4096))).toThrow(expect.objectContaining({ code: "invalid_input" }))
    run.type(`${"x".repeat(4095)}\n`)
    expect((await run.collect()).text).toContain("4096")
  })

  test("the limit holds across writes, and a rejected write keeps earlier input", async () => {
    await using run = start(backend, "echo ready; head -n 1 | wc -c", { echo: false })
    await run.until("ready")
    for (let i = 0; i < 4; i++) run.type("x".repeat(1000))
    expect(() => run.type("x".repeat(96))).toThrow("4095")
    run.type("x".repeat(95))
    expect(() => run.type("x")).toThrow("4095")
    run.type("\n")
    expect((await run.collect()).text).toContain("4096")
  })

  test("without line mode the limit does not apply", async () => {
    await using run = start(backend, "stty -icanon -echo; echo ready; head -c 50000 | wc -c")
    await run.until("ready")
    run.type("x".repeat(50_000))
    expect((await run.collect()).text).toContain("50000")
  })

  test("many lines at once, more than a terminal buffers", async () => {
    await using run = start(backend, "echo ready; sleep 0.2; head -n 3000 | cksum; echo done", {
      echo: false,
    })
    await run.until("ready")
    const lines = Array.from({ length: 3000 }, (_, i) => `line ${i} ${"x".repeat(i % 100)}\n`).join("")
    run.type(lines)
    await run.until("done")
    expect(run.text).toContain(await cksum(lines))
    expectDrained(run)
  })

  test("awaitsInput reports whether the program waits for input", async () => {
    await using run = start(backend, "sleep 0.3; echo ready; read x; echo got-$x; sleep 60")
    expect(run.session.awaitsInput()).toBe(false)
    await run.until("ready")
    await eventually(() => run.session.awaitsInput(), "the program to wait for input")
    run.type("it\n")
    await run.until("got-it")
    await eventually(() => !run.session.awaitsInput(), "the program to sleep")
  })
}

async function cksum(text: string): Promise<string> {
  const { stdout } = await run(["cksum"], { input: text })
  return stdout.trim()
}

const expectDrained = (run: Run) => expect(run.process.pending()).toBe(0)
