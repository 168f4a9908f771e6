// Disk use of sessions: the limit per session, the total limit, and retention of ended and lost sessions.

import { expect, test } from "bun:test"
import { randomBytes } from "node:crypto"
import { mkdirSync, readdirSync, statSync, utimesSync } from "node:fs"
import { join } from "node:path"
import { DiskTotal } from "../../src/store/segments/disk-total.ts"
import { listSegments } from "../../src/store/segments/list.ts"
import { SegmentReader } from "../../src/store/segments/reader.ts"
import { SegmentWriter } from "../../src/store/segments/writer.ts"
import { eventually, scratch } from "../helpers.ts"
import { Home } from "../program.ts"
import { pattern } from "../store/log.ts"
import { restartable } from "./restartable-server.ts"

const segmentsOf = (home: string) => {
  const root = join(home, "state/sessions")
  return readdirSync(root).flatMap(name => listSegments(join(root, name)))
}
const bytesOf = (home: string) => segmentsOf(home).reduce((sum, { path }) => sum + statSync(path).size, 0)

test("--disk-limit: a session keeps its newest output, up to the limit and one segment", async () => {
  const limit = 4 << 20
  await using server = await restartable("--disk-limit", `${limit}`, "--fsync", "always")
  const { id } = await server.create({ argv: ["sh", "-c", "stty -opost; seq 1 3000000"] })
  await server.call("POST", `/v1/sessions/${id}/wait`, { until: { exit: true } })
  const { log } = await server.info(id)
  expect(log.end).toBe(22_888_896)
  expect(bytesOf(server.home.path)).toBeWithin(limit / 2, limit + limit / 4)
  await server.kill()
  await server.start()
  const query = `from=-8&max_bytes=100`
  const { data } = (await server.call("GET", `/v1/sessions/${id}/output?${query}`)) as unknown as {
    data: string
  }
  expect(data).toBe("3000000\n")
}, 60_000)

test("the total limit drops the oldest segments of all sessions, except the last of each", async () => {
  using state = scratch()
  const key = randomBytes(32)
  const logs = ["a", "b"].map(name => {
    const directory = join(state.path, "sessions", name)
    mkdirSync(directory, { recursive: true })
    const writer = new SegmentWriter(directory, key, { segmentBytes: 8192 })
    while (writer.end < 100_000) writer.append("pty", pattern(writer.end, 1000))
    writer.close()
    return { directory, end: writer.end }
  })
  for (const { path } of listSegments(logs[0]!.directory)) utimesSync(path, 1, 1)
  const limit = 60_000
  expect(await new DiskTotal(state.path, limit).sweep()).toBeLessThanOrEqual(limit)
  expect(listSegments(logs[0]!.directory)).toHaveLength(1)
  for (const { directory, end } of logs) {
    const reader = new SegmentReader(directory, key)
    const { base } = reader.bounds()
    expect(base).toBeLessThan(end)
    expect(pattern(base, end - base).equals((await reader.read(base, end)).bytes)).toBe(true)
  }
  await new DiskTotal(state.path, 0).sweep()
  for (const { directory } of logs) expect(listSegments(directory)).toHaveLength(1)
})

test("--retention and --lost-retention count from the end of the session", async () => {
  await using server = await restartable("--retention", "1", "--lost-retention", "1000")
  const ended = await server.create({ argv: ["true"] })
  const lost = await server.create({ argv: ["cat"] })
  await server.kill()
  const holder = Number(/^PPid:\s+(\d+)/m.exec(await Bun.file(`/proc/${lost.pid}/status`).text())![1])
  process.kill(holder, "SIGKILL")
  process.kill(lost.pid, "SIGKILL")
  await server.start()
  const listed = async () => {
    const { sessions } = (await server.call("GET", "/v1/sessions")) as unknown as {
      sessions: { id: string }[]
    }
    return sessions.map(({ id }) => id)
  }
  let ids = await listed()
  while (ids.includes(ended.id)) ids = await listed()
  expect(ids).toEqual([lost.id])
  await eventually(
    () => readdirSync(join(server.home.state, "sessions")).length === 1,
    "the log to be removed",
  )
}, 60_000)

for (const [flag, value] of [
  ["--fsync", "sometimes"],
  ["--disk-limit", "1"],
  ["--disk-total", "x"],
] as const)
  test(`${flag} ${value} is rejected with the value`, async () => {
    using home = new Home()
    const { code, stderr } = await home.run("serve", flag, value)
    expect([code, stderr]).toEqual([2, expect.stringContaining(`"${value}"`)])
  })
