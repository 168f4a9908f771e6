// The fold over the log: never ahead of a look, sizes at their places, gaps, bounds on memory and on the event loop.

import { expect, test } from "bun:test"
import { ScreenState } from "../../src/screen/screen-state.ts"
import { Screens } from "../../src/screen/screens.ts"
import { bare, bytesOf } from "../core/bare.ts"

const text = (fold: ScreenState) =>
  fold.withScreen(engine =>
    engine
      .view()
      .rows.map(runs => runs.map(run => run.text).join(""))
      .join("\n")
      .trimEnd(),
  )

test("a look shows what was there when it was asked for, and nothing that came later", async () => {
  const session = bare()
  session.sink.output(bytesOf("before"), "pty")
  const fold = new ScreenState(session)
  const look = text(fold)
  session.sink.output(bytesOf(" after"), "pty")
  expect(await look).toBe("before")
  expect(await text(fold)).toBe("before after")
})

test("output was made for the size that the session had then", async () => {
  const session = bare()
  session.sink.output(bytesOf("a".repeat(90)), "pty")
  session.resize({ cols: 40, rows: 10 })
  session.sink.output(bytesOf("\r\n\x1b[6"), "pty")
  session.resize({ cols: 100, rows: 12 })
  session.sink.output(bytesOf(";1Hb"), "pty")
  const fold = new ScreenState(session)
  const { offset, size } = await fold.snapshot()
  expect([offset, size]).toEqual([session.log.end, { cols: 100, rows: 12 }])
  expect((await text(fold)).split("\n")[5]).toBe("b")
})

test("after a gap the screen goes on at a line, in the modes that it was in", async () => {
  const session = bare({ logLimit: 65536 })
  session.sink.output(bytesOf("\x1b[?1049h\x1b[?1006hfirst"), "pty")
  const fold = new ScreenState(session)
  await text(fold)
  for (let n = 0; n < 20_000; n++) session.sink.output(bytesOf(`\x1b[3${n % 8}mline ${n}\x1b[m\r\n`), "pty")
  const view = await fold.withScreen(engine => engine.view())
  expect(view.alt).toBe(true)
  expect(view.modes.mouse_encoding).toBe("sgr")
  expect(view.rows.at(-2)?.[0]?.text).toBe("line 19999")
  expect(view.rows.flat().every(run => run.text.startsWith("line "))).toBe(true)
})

test("a string that never ends holds the snapshot in front of it", async () => {
  const session = bare()
  session.sink.output(bytesOf("shown\x1bP1;2|never ends"), "pty")
  expect((await new ScreenState(session).snapshot()).offset).toBe(5)
})

test("counts without measure and the emulator's own failures do not stop it", async () => {
  const session = bare()
  const counts = [..."LMSTIZb"].map(final => `x\x1b[2147483647${final}`).join("")
  session.sink.output(bytesOf(`${counts}\x1b[?1049h\x1b[999;999H\x1b[1J\x1b[Hfine`), "pty")
  expect(await text(new ScreenState(session))).toBe("fine")
})

test("an engine that was put away comes back with the same screen", async () => {
  const session = bare()
  session.sink.output(bytesOf("\x1b[?1049h\x1b]2;t\x07\x1b[5;5H\x1b[1mbold\x1b[?1000h"), "pty")
  const fold = new ScreenState(session)
  const before = await fold.withScreen(engine => engine.view())
  await fold.sleep()
  expect(fold.awake).toBe(false)
  session.sink.output(bytesOf("er"), "pty")
  const after = await fold.withScreen(engine => engine.view())
  expect(after.rows[4]?.[1]).toMatchObject({ text: "bolder", style: { bold: true } })
  expect({ ...after, rows: [], cursor: {} }).toEqual({ ...before, rows: [], cursor: {} })
})

test("a snapshot has what no cell and no mode of the emulator tells: keyboard flags of both screens, the directory", async () => {
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

test("there are no more engines than the bound, and none that nobody looked at for a while", async () => {
  const screens = new Screens({ engines: 3, idleMs: 50 })
  const sessions = Array.from({ length: 8 }, () => bare())
  for (const session of sessions) await screens.withScreen(session, () => null)
  await Bun.sleep(5)
  expect(screens.engines).toBe(3)
  await Bun.sleep(150)
  expect(screens.engines).toBe(0)
})

test("a look at a full log of 2 MiB does not hold the event loop", async () => {
  const session = bare({ logLimit: 2 << 20 })
  const line = bytesOf("\x1b[32mdrwxr-xr-x\x1b[0m 2 root \x1b[1;34mdirectory\x1b[0m 漢字 4096\r\n")
  for (let n = 0; n * line.length < 2 << 20; n++) session.sink.output(line.slice(), "pty")
  const held: number[] = []
  let last = performance.now()
  const timer = setInterval(() => {
    held.push(performance.now() - last)
    last = performance.now()
  }, 1)
  await new ScreenState(session).snapshot()
  clearInterval(timer)
  held.sort((a, b) => a - b)
  expect(held.length).toBeGreaterThan(5)
  // the longest are other processes' doing on a machine that has more to do
  expect(held[held.length >> 1]).toBeLessThan(25)
})

test("a session that outlived its server is drawn from the archive on", async () => {
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
