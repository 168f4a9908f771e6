// Screen of a session after its server was killed: from a stored screen and a bounded part of the output.

import { expect, test } from "bun:test"
import { readFileSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import type { OpenEngine, ScreenView } from "../../src/screen/engine.ts"
import { checkpointScreens } from "../../src/screen/screen-checkpoints.ts"
import { ScreenState } from "../../src/screen/screen-state.ts"
import { Screens } from "../../src/screen/screens.ts"
import { REACH } from "../../src/screen/start.ts"
import { XtermEngine } from "../../src/screen/xterm/engine.ts"
import { masterKey } from "../../src/store/secrets/master-key.ts"
import { readScreen } from "../../src/store/state/screen-file.ts"
import { SessionDirectory, sessionPath } from "../../src/store/state/session-directory.ts"
import { scratch } from "../helpers.ts"
import { differences, feed, stateOf, viewer } from "../screen/state.ts"
import { type Core, endingSessions, openCore, request } from "./core.ts"
import { type Info, type RestartableServer, restartable } from "./restartable-server.ts"

const SIZE = { cols: 100, rows: 30 }
/** Sets the alternate screen, a title, a scroll region and mouse reports before any other output. */
const BEGIN = "\\033[?1049h\\033]2;the title\\007\\033[3;20r\\033[?1002h\\033[?1006h\\033[?25l"
const LINE = `\\033[3%dm line ${"漢字 and more ".repeat(5)}\\033[m\\n`

/** Returns an engine factory that counts the parsed bytes. */
function counting(): { open: OpenEngine; parsed: () => number } {
  let parsed = 0
  const open: OpenEngine = async (size, scrollback) => {
    const engine = await XtermEngine.open(size, scrollback)
    const { write } = engine
    engine.write = bytes => {
      parsed += bytes.length
      return write.call(engine, bytes)
    }
    return engine
  }
  return { open, parsed: () => parsed }
}

async function outputOf({ sessions }: Core, id: string): Promise<Uint8Array> {
  const session = sessions.get(id)
  const pieces: Uint8Array[] = []
  for await (const moment of session.output.archive!.entries(0))
    if (moment.type === "output") pieces.push(moment.bytes)
  return Buffer.concat(pieces)
}

test("after a crash with 30 MiB of output the screen is unchanged, and at most 8 MiB are parsed for it", async () => {
  using home = scratch()
  const core = await openCore(home.path)
  await using _ = endingSessions(core)
  void checkpointScreens(core.sessions, new Screens())
  const script = `printf '${BEGIN}'; awk 'BEGIN { for (i = 0; i < 340000; i++) printf "${LINE}", i % 8 }'; printf 'done'; read x`
  const { id, log, changed } = await core.sessions.start(
    request(["sh", "-c", script], { size: SIZE, durable: true }),
  )
  const done = () => new TextDecoder().decode(log.slice(Math.max(log.base, log.end - 4), 4)) === "done"
  while (!done()) await changed.wait()
  expect(log.end).toBeGreaterThan(30 << 20)
  const { archive } = core.sessions.get(id).output
  for (let kept = 0; kept < log.end - REACH / 2; await Bun.sleep(50))
    kept = (await archive!.screen())?.offset ?? 0

  const truth = viewer(SIZE)
  feed(truth, await outputOf(core, id))
  const next = await openCore(home.path)
  const { open, parsed } = counting()
  const restored = viewer(SIZE)
  feed(restored, (await new ScreenState(next.sessions.get(id), open).snapshot()).data)
  expect(differences(stateOf(truth), stateOf(restored))).toEqual([])
  expect(parsed()).toBeWithin(1, REACH)

  const file = join(sessionPath(home.path, id), "screen")
  const bytes = readFileSync(file)
  expect(bytes.includes("line")).toBe(false)
  bytes[bytes.length >> 1]! ^= 1
  writeFileSync(file, bytes)
  const third = await openCore(home.path)
  expect(await third.sessions.get(id).output.archive!.screen()).toBeNull()
  const again = counting()
  const view = await new ScreenState(third.sessions.get(id), again.open).withScreen(engine => engine.view())
  expect(again.parsed()).toBeWithin(1, REACH + 1)
  expect(view.rows.flat().some(run => run.text.startsWith(" line 漢字"))).toBe(true)
}, 60_000)

test("after a kill the next server restores the screen and its modes, and reports the bytes parsed for it", async () => {
  await using server = await restartable()
  const script = `printf '${BEGIN}'; awk 'BEGIN { for (i = 0; i < 140000; i++) printf "${LINE}", i % 8 }'; read x`
  const { id } = await server.create({ argv: ["sh", "-c", script], ...SIZE })
  await server.call("POST", `/v1/sessions/${id}/wait`, { until: { input: true }, timeout_ms: 30_000 })
  const log = await settled(server, id)
  expect(log.end).toBeGreaterThan(12 << 20)
  const kept = join(sessionPath(server.home.state, id), "screen")
  const keptAt = async () => {
    const { key } = SessionDirectory.open(server.home.state, masterKey(server.home.state), id)
    return (await readScreen(dirname(kept), key))?.offset ?? 0
  }
  while ((await keptAt()) < log.end - REACH / 2) await Bun.sleep(50)
  await server.kill()
  await server.start()
  const screen = (await server.call("GET", `/v1/sessions/${id}/screen?format=json`)) as unknown as ScreenView
  expect(screen).toMatchObject({
    alt: true,
    title: "the title",
    modes: { mouse: "drag", mouse_encoding: "sgr" },
  })
  const metrics = await (await server.served.fetch("/metrics")).text()
  expect(Number(/^ptyline_screen_parsed_bytes (\d+)/m.exec(metrics)?.[1])).toBeWithin(1, REACH)
}, 60_000)

test("resizes under an earlier server apply at their offsets", async () => {
  using home = scratch()
  const core = await openCore(home.path)
  await using _ = endingSessions(core)
  const script = "read x; printf '%090d' 0; read x; printf '\\033[6;1Hb'; read x"
  const session = await core.sessions.start(request(["sh", "-c", script], { size: SIZE, durable: true }))
  const printed = async (bytes: number) => {
    while (session.log.end < bytes) await session.changed.wait()
  }
  session.resize({ cols: 40, rows: 10 })
  session.write(new TextEncoder().encode("\n"))
  await printed(92)
  session.resize({ cols: 60, rows: 12 })
  session.write(new TextEncoder().encode("\n"))
  await printed(100)
  const expected = await new ScreenState(session).withScreen(engine => engine.view())
  const next = await openCore(home.path)
  const found = await new ScreenState(next.sessions.get(session.id)).withScreen(engine => engine.view())
  expect(found).toEqual(expected)
  expect(found.size).toEqual({ cols: 60, rows: 12 })
}, 60_000)

/** Resolves with the log once the server has all of it: it reads slowly while no reader waits. */
async function settled(server: RestartableServer, id: string): Promise<Info["log"]> {
  for (let before = -1; ; ) {
    const { log } = await server.info(id)
    if (log.end === before) return log
    before = log.end
    await Bun.sleep(400)
  }
}
