// Contract: input is echoed, the end is reported once and last, and closing is always safe.

import { expect, test } from "bun:test"
import type { Backend, Sink } from "../../../src/core/session/backend.ts"
import { eventually, start } from "../../helpers.ts"

export function basics(backend: Backend): void {
  test("cat echoes its input and ends at the end of input", async () => {
    await using run = start(backend, ["cat"], { echo: false })
    run.type("one\ntwo\n")
    await run.until(/two\r?\n/)
    run.session.eof()
    const { text, exit, gaps } = await run.collect()
    expect(text.replaceAll("\r", "")).toBe("one\ntwo\n")
    expect(exit.exit).toMatchObject({ code: 0, signal: null })
    expect(exit.end).toBe(text.length)
    expect(gaps).toBe(0)
  })

  test("exit and end come once each, and output never follows end", async () => {
    const seen: string[] = []
    const run = start(backend, ["cat"], { echo: false })
    const sink: Sink = {
      output: bytes => seen.push(`output ${bytes.byteLength > 0}`),
      exit: () => seen.push("exit"),
      end: () => seen.push("end"),
    }
    const process = backend.spawn(run.session.spec, sink)
    process.write(new TextEncoder().encode("x\n"))
    await eventually(() => seen.includes("output true"), "the output")
    process.eof()
    await eventually(() => seen.includes("exit") && seen.includes("end"), "the exit and the end")
    process.close()
    await run[Symbol.asyncDispose]()
    expect(seen.filter(event => event === "exit")).toHaveLength(1)
    expect(seen.filter(event => event === "end")).toHaveLength(1)
    expect(seen.indexOf("end")).toBeGreaterThan(seen.lastIndexOf("output true"))
  })

  test("closing twice and using an ended process are safe", async () => {
    await using run = start(backend, ["cat"])
    const process = backend.spawn(run.session.spec, { output() {}, exit() {}, end() {} })
    await process.terminate(100)
    process.close()
    process.close()
    process.write(new TextEncoder().encode("late\n"))
    process.resize({ cols: 10, rows: 10 })
    process.signal("TERM")
    process.eof()
    await process.terminate(100)
    expect(process.pending()).toBe(0)
  })

  test("ending a session twice at once is safe", async () => {
    await using run = start(backend, ["cat"])
    await Promise.all([run.session.end(500), run.session.end(500)])
    expect(run.session.life.state).toBe("finished")
    expect(() => run.type("x")).toThrow("has ended")
  })
}
