// Contract: input comes back, the end is reported once and last, and closing is always possible.

import { expect, test } from "bun:test"
import type { Backend, Sink } from "../../../src/core/session/backend.ts"
import { start } from "../../helpers.ts"

export function basics(backend: Backend): void {
  test("what is written comes back, end of input ends the program", async () => {
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

  test("exit and end come once each, output never after end", async () => {
    const seen: string[] = []
    const run = start(backend, ["cat"], { echo: false })
    const sink: Sink = {
      output: bytes => seen.push(`output ${bytes.byteLength > 0}`),
      exit: () => seen.push("exit"),
      end: () => seen.push("end"),
    }
    const process = backend.spawn(run.session.spec, sink)
    process.write(new TextEncoder().encode("x\n"))
    while (!seen.includes("output true")) await Bun.sleep(1)
    process.eof()
    while (!seen.includes("exit") || !seen.includes("end")) await Bun.sleep(1)
    process.close()
    await run[Symbol.asyncDispose]()
    expect(seen.filter(what => what === "exit")).toHaveLength(1)
    expect(seen.filter(what => what === "end")).toHaveLength(1)
    expect(seen.indexOf("end")).toBeGreaterThan(seen.lastIndexOf("output true"))
  })

  test("closing twice and using what has ended are fine", async () => {
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

  test("a session that is ended says so, and ending it twice is fine", async () => {
    await using run = start(backend, ["cat"])
    await Promise.all([run.session.end(500), run.session.end(500)])
    expect(run.session.life.state).toBe("finished")
    expect(() => run.type("x")).toThrow("has ended")
  })
}
