// The screen computed from the log: point in time, sizes, gaps, and bounds on memory and the event loop.

import { expect, test } from "bun:test"
import { delay } from "../../src/core/lib/wake.ts"
import { ScreenState } from "../../src/screen/screen-state.ts"
import { Screens } from "../../src/screen/screens.ts"
import { bare, bytesOf } from "../core/bare.ts"

const text = (screen: ScreenState) =>
  screen.withScreen(engine =>
    engine
      .view()
      .rows.map(runs => runs.map(run => run.text).join(""))
      .join("\n")
      .trimEnd(),
  )

test("a read shows the output up to the call and nothing later", async () => {
  const session = bare()
  session.sink.output(bytesOf("before"), "pty")
  const screen = new ScreenState(session)
  const pending = text(screen)
  session.sink.output(bytesOf(" after"), "pty")
  expect(await pending).toBe("before")
  expect(await text(screen)).toBe("before after")
})

test("output is drawn with the size that the session had at that time", async () => {
  const session = bare()
  session.sink.output(bytesOf("a".repeat(90)), "pty")
  session.resize({ cols: 40, rows: 10 })
  session.sink.output(bytesOf("\r\n\x1b[6"), "pty")
  session.resize({ cols: 100, rows: 12 })
  session.sink.output(bytesOf(";1Hb"), "pty")
  const screen = new ScreenState(session)
  const { offset, size } = await screen.snapshot()
  expect([offset, size]).toEqual([session.log.end, { cols: 100, rows: 12 }])
  expect((await text(screen)).split("\n")[5]).toBe("b")
})

test("after a gap the screen continues at a line start with the same modes", async () => {
  const session = bare({ logLimit: 65536 })
  session.sink.output(bytesOf("\x1b[?1049h\x1b[?1006hfirst"), "pty")
  const screen = new ScreenState(session)
  await text(screen)
  for (let n = 0; n < 20_000; n++) session.sink.output(bytesOf(`\x1b[3${n % 8}mline ${n}\x1b[m\r\n`), "pty")
  const view = await screen.withScreen(engine => engine.view())
  expect(view.alt).toBe(true)
  expect(view.modes.mouse_encoding).toBe("sgr")
  expect(view.rows.at(-2)?.[0]?.text).toBe("line 19999")
  expect(view.rows.flat().every(run => run.text.startsWith("line "))).toBe(true)
})

test("a snapshot ends before an unterminated string", async () => {
  const session = bare()
  session.sink.output(bytesOf("shown\x1bP1;2|never ends"), "pty")
  expect((await new ScreenState(session).snapshot()).offset).toBe(5)
})

test("huge counts and exceptions in the emulator do not block it", async () => {
  const session = bare()
  const counts = [..."LMSTIZb"].map(final => `x\x1b[2147483647${final}`).join("")
  session.sink.output(bytesOf(`${counts}\x1b[?1049h\x1b[999;999H\x1b[1J\x1b[Hfine`), "pty")
  expect(await text(new ScreenState(session))).toBe("fine")
})

test("a suspended screen resumes unchanged", async () => {
  const session = bare()
  session.sink.output(bytesOf("\x1b[?1049h\x1b]2;t\x07\x1b[5;5H\x1b[1mbold\x1b[?1000h"), "pty")
  const screen = new ScreenState(session)
  const before = await screen.withScreen(engine => engine.view())
  await screen.suspend()
  expect(screen.hasEngine).toBe(false)
  session.sink.output(bytesOf("er"), "pty")
  const after = await screen.withScreen(engine => engine.view())
  expect(after.rows[4]?.[1]).toMatchObject({ text: "bolder", style: { bold: true } })
  expect({ ...after, rows: [], cursor: {} }).toEqual({ ...before, rows: [], cursor: {} })
})

test("a snapshot has state that the emulator does not expose: key flags of both screens, the directory", async () => {
  const session = bare()
  session.sink.output(
    bytesOf("\x1b[>5u\x1b[=2;2u\x1b]7;file://line/home/ann%20b\x07\x1b[?1049h\x1b[>1u\x1b[>16u\x1b[<u"),
    "pty",
  )
  const { data } = await new ScreenState(session).snapshot()
  expect(data).toContain("\x1b[=7;1u")
  expect(data.indexOf("\x1b[=1;1u")).toBeGreaterThan(data.indexOf("\x1b[?1047h"))
  expect(data).toContain("\x1b]7;file://line/home/ann%20b\x1b\\")
  const again = bare()
  again.sink.output(bytesOf(data), "pty")
  expect((await new ScreenState(again).snapshot()).data).toBe(data)
  again.sink.output(bytesOf("\x1b[?1049l\x1b[=4;3u\x1bc"), "pty")
  const reset = (await new ScreenState(again).snapshot()).data
  expect(reset).not.toMatch(/\x1b\[=|file:/)
})

test("the number of engines is bounded, and idle ones are freed", async () => {
  const screens = new Screens({ engines: 3, idleMs: 50 })
  const sessions = Array.from({ length: 8 }, () => bare())
  for (const session of sessions) await screens.withScreen(session, () => null)
  await delay(5)
  expect(screens.engines).toBe(3)
  await delay(150)
  expect(screens.engines).toBe(0)
})

test("reading the screen of a full 2 MiB log does not block the event loop", async () => {
  const session = bare({ logLimit: 2 << 20 })
  const line = bytesOf("\x1b[32mdrwxr-xr-x\x1b[0m 2 root \x1b[1;34mdirectory\x1b[0m 漢字 4096\r\n")
  for (let n = 0; n * line.length < 2 << 20; n++) session.sink.output(line.slice(), "pty")
  const delays: number[] = []
  let last = performance.now()
  const timer = setInterval(() => {
    delays.push(performance.now() - last)
    last = performance.now()
  }, 1)
  await new ScreenState(session).snapshot()
  clearInterval(timer)
  delays.sort((a, b) => a - b)
  expect(delays.length).toBeGreaterThan(5)
  // the longest delays come from other processes on a busy machine
  expect(delays[delays.length >> 1]).toBeLessThan(25)
})

test("a session of an earlier server is drawn from the archive", async () => {
  const all = bytesOf("\x1b[?1049h\x1b[2;3Hfrom disk, \x1b[1")
  const archive = {
    base: 0,
    read: async (offset: number, max: number) => ({ offset, bytes: all.slice(offset, offset + max) }),
    screen: async () => null,
    sizeAt: async () => null,
    sizes: async () => [],
  }
  const session = bare({ archive: archive as never, start: all.length })
  session.sink.output(bytesOf("mfrom memory"), "pty")
  const view = await new ScreenState(session).withScreen(engine => engine.view())
  expect(view.alt).toBe(true)
  expect(view.rows[1]?.map(run => run.text.trim())).toEqual(["", "from disk,", "from memory"])
})
