// Recordings of sessions that outlive their server: everything on disk, with times, without typed secrets.

import { expect, test } from "bun:test"
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { localCall } from "../../src/ops/local.ts"
import type { Host } from "../../src/ops/operation.ts"
import { masterKey } from "../../src/store/secrets/master-key.ts"
import { SegmentReader } from "../../src/store/segments/reader.ts"
import { SessionDirectory } from "../../src/store/state/session-directory.ts"
import { eventually, installed, scratch, timerShare } from "../helpers.ts"
import { parseCast } from "../ops/asciicast.ts"
import { endingSessions, openCore, request } from "./core.ts"
import { type RestartableServer, restartable } from "./restartable-server.ts"

const SECRET = "correct-horse-battery"

const recordingOf = async (server: RestartableServer, id: string, query = ""): Promise<string> => {
  const response = await server.served.fetch(`/v1/sessions/${id}/recording${query}`)
  if (!response.ok) throw new Error(await response.text())
  return response.text()
}
const until = (server: RestartableServer, id: string, condition: object) =>
  server.call("POST", `/v1/sessions/${id}/wait`, { until: condition, timeout_ms: 20_000 })
const type = (server: RestartableServer, id: string, text: string) =>
  server.call("POST", `/v1/sessions/${id}/input`, { text })

test("a recording covers a killed server: output, sizes, input, times and the exit, each once", async () => {
  await using server = await restartable()
  const argv = ["sh", "-c", "printf 'one 漢\\n'; read x; sleep 0.4; echo two; read x; echo three; exit 5"]
  const { id } = await server.create({ argv, cols: 80, rows: 24, record_input: true, log_limit: 65536 })
  await until(server, id, { match: ["one"] })
  await server.call("POST", `/v1/sessions/${id}/resize`, { cols: 90, rows: 20 })
  await type(server, id, "first\r")
  await until(server, id, { match: ["two"] })
  await server.kill()
  await server.start()
  await server.call("POST", `/v1/sessions/${id}/resize`, { cols: 91, rows: 21 })
  await type(server, id, "second\r")
  await until(server, id, { exit: true })
  for (const again of [false, true]) {
    if (again) await server.kill()
    if (again) await server.start()
    const { header, events } = parseCast(await recordingOf(server, id))
    expect(header.term).toMatchObject({ cols: 80, rows: 24 })
    const of = (wanted: string) => events.filter(([, code]) => code === wanted).map(([, , data]) => data)
    expect(of("o").join("")).toBe("one 漢\r\nfirst\r\ntwo\r\nsecond\r\nthree\r\n")
    expect(of("r")).toEqual(["90x20", "91x21"])
    expect(of("i")).toEqual(["first\r", "second\r"])
    expect(events.at(-1)!.slice(1)).toEqual(["x", "5"])
    const two = events.findIndex(([, , data]) => data.includes("two"))
    expect(events[two]![0]).toBeWithin(0.3, 3)
  }
}, 60_000)

test("a recording covers a relaunch, which is a marker in it", async () => {
  await using server = await restartable()
  const { id } = await server.create({ argv: ["sh", "-c", "echo run; exit 2"] })
  await until(server, id, { exit: true })
  await Bun.sleep(400)
  await server.call("POST", `/v1/sessions/${id}/relaunch`)
  await until(server, id, { exit: true })
  for (const again of [false, true]) {
    if (again) await server.kill()
    if (again) await server.start()
    const { events } = parseCast(await recordingOf(server, id))
    expect(events.map(([, code, data]) => [code, data])).toEqual([
      ["o", "run\r\n"],
      ["m", "relaunch"],
      ["o", "run\r\n"],
      ["x", "2"],
    ])
    expect(events[1]![0] + events[2]![0]).toBeWithin(0.3, 10)
  }
}, 60_000)

test("a live recording that a killed server cuts off is distinct from one that ended", async () => {
  await using server = await restartable()
  const { id } = await server.create({ argv: ["sh", "-c", "echo ready; cat"] })
  const file = join(server.home.path, "live.cast")
  const follower = server.home.spawn(["export", id, "--follow", "-o", file])
  await eventually(() => existsSync(file) && readFileSync(file, "utf8").includes('"ready'), "the first line")
  await server.kill()
  const { code, stderr } = await follower.result()
  expect([code, stderr]).toEqual([expect.any(Number), expect.stringContaining("the response broke off")])
  expect(code).not.toBe(0)
  await server.start()
  expect(parseCast(readFileSync(file, "utf8")).events.at(-1)?.[2]).toBe("ready\r\n")
}, 60_000)

test.skipIf(!installed("openssl"))(
  "a password typed at a real prompt is neither in the recording nor on disk",
  async () => {
    await using server = await restartable()
    const argv = ["sh", "-c", "read name; openssl passwd -6; read more"]
    const { id } = await server.create({ argv, record_input: true })
    for (const [prompt, text] of [
      ["", "visible"],
      ["Password: ", SECRET],
      ["Verifying - Password: ", SECRET],
      ["$6$", "more"],
    ] as const) {
      if (prompt) await until(server, id, { match: [prompt] })
      await until(server, id, { input: true })
      await type(server, id, `${text}\r`)
    }
    await until(server, id, { exit: true })
    const cast = await recordingOf(server, id)
    expect(parseCast(cast).events.filter(([, code]) => code === "i")).toHaveLength(2)
    expect(cast).not.toContain(SECRET)
    const directory = SessionDirectory.open(server.home.state, masterKey(server.home.state), id)
    let kept = ""
    for await (const { payload } of new SegmentReader(directory.path, directory.key).frames(0))
      kept += new TextDecoder().decode(payload)
    expect(kept).toContain("visible")
    expect(kept).not.toContain(SECRET)
    for (const file of filesIn(server.home.state)) {
      const raw = readFileSync(file, "latin1")
      expect(raw).not.toContain(SECRET)
      expect(raw).not.toContain(Buffer.from(SECRET).toString("base64").slice(0, 24))
    }
  },
  60_000,
)

const filesIn = (directory: string): string[] =>
  readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => join(entry.parentPath, entry.name))

test("7 MB on disk are recorded and searched without blocking the event loop or filling the memory", async () => {
  using home = scratch()
  const core = await openCore(home.path, { logBytes: 1 << 20 })
  await using _ = endingSessions(core)
  const count = 1_000_000
  const argv = ["sh", "-c", `stty -opost; seq 1 ${count}; echo 'the needle'`]
  const session = await core.sessions.start(request(argv, { durable: true }))
  while (!session.life.closed) await session.changed.wait()
  const context = {
    sessions: core.sessions,
    host: {} as Host,
    access: "admin" as const,
    signal: new AbortController().signal,
  }
  const call = localCall(context)
  let length = 0
  let peak = 0
  const before = process.memoryUsage().rss
  const record = async () => {
    for await (const piece of await call("recording", { id: session.id })) {
      length += piece.length
      peak = Math.max(peak, process.memoryUsage().rss)
    }
  }
  expect(await timerShare(record())).toBeGreaterThan(0.2)
  expect(length).toBeGreaterThan(session.log.end)
  expect(peak - before).toBeLessThan(256 << 20)
  const early = await call("search", { id: session.id, q: "12345", limit: 2, context: 1 })
  expect(early.matches[0]).toMatchObject({
    text: "12345",
    before: [{ text: "12344" }],
    after: [{ text: "12346" }],
  })
  let found: string[] = []
  for (let from: number | null = 0; from !== null; ) {
    const part: { matches: { text: string }[]; next: number | null } = await call("search", {
      id: session.id,
      q: "needle",
      from,
    })
    found = [...found, ...part.matches.map(({ text }) => text)]
    from = part.next
  }
  expect(found).toEqual(["the needle"])
}, 60_000)
