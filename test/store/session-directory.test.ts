// Session directories: created atomically, private, and readable without the catalogue.

import { expect, test } from "bun:test"
import { randomBytes } from "node:crypto"
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import {
  listSessions,
  SessionDirectory,
  sessionPath,
  sweepSessions,
} from "../../src/store/state/session-directory.ts"
import { scratch } from "../helpers.ts"
import { meta } from "./records.ts"

const master = randomBytes(32)

test("metadata is read back, and an update replaces all of it", () => {
  using state = scratch()
  const directory = SessionDirectory.create(state.path, master, meta("s_1"))
  expect(SessionDirectory.open(state.path, master, "s_1").meta).toEqual(meta("s_1"))
  directory.update({ state: "exited", exit: { code: 3, signal: null, at: 5 }, title: "ünïcode ☎" })
  const again = SessionDirectory.open(state.path, master, "s_1")
  expect(again.meta).toEqual({ ...meta("s_1"), ...directory.meta })
  expect(again.meta.exit).toEqual({ code: 3, signal: null, at: 5 })
  expect(Buffer.from(again.key).equals(directory.key)).toBe(true)
  expect(readdirSync(directory.path).sort()).toEqual(["key", "meta"])
})

test("directories are 0700, files 0600, and nothing is readable without the key", () => {
  using state = scratch()
  const { path } = SessionDirectory.create(state.path, master, meta("s_1"))
  expect(statSync(join(state.path, "sessions")).mode & 0o777).toBe(0o700)
  expect(statSync(path).mode & 0o777).toBe(0o700)
  for (const name of ["key", "meta"]) expect(statSync(join(path, name)).mode & 0o777).toBe(0o600)
  expect(readFileSync(join(path, "meta")).includes("hunter2")).toBe(false)
})

test("an id is never part of a path", () => {
  using state = scratch()
  for (const id of ["../../evil", "/etc/passwd", "a\0b", "ü", "x".repeat(5000)]) {
    const { path } = SessionDirectory.create(state.path, master, meta(id))
    expect(path).toBe(sessionPath(state.path, id))
    expect(path).toMatch(/\/sessions\/[0-9a-f]{32}$/)
    expect(SessionDirectory.open(state.path, master, id).meta.id).toBe(id)
  }
  expect(readdirSync(state.path)).toEqual(["sessions"])
})

test("the same id twice is a conflict, an unknown one is not found", () => {
  using state = scratch()
  SessionDirectory.create(state.path, master, meta("s_1"))
  expect(() => SessionDirectory.create(state.path, master, meta("s_1"))).toThrow(
    expect.objectContaining({ code: "conflict" }),
  )
  expect(() => SessionDirectory.open(state.path, master, "s_2")).toThrow(
    expect.objectContaining({ code: "not_found" }),
  )
  expect(readdirSync(join(state.path, "sessions"))).toHaveLength(1)
})

test("a list has the readable sessions, and a reason for each unreadable one, left unchanged", () => {
  using state = scratch()
  const paths = ["a", "b", "c", "d", "e"].map(
    id => SessionDirectory.create(state.path, master, meta(id)).path,
  )
  rmSync(join(paths[0]!, "key"))
  rmSync(join(paths[1]!, "meta"))
  const flipped = readFileSync(join(paths[2]!, "meta"))
  flipped[40]! ^= 1
  writeFileSync(join(paths[2]!, "meta"), flipped)
  writeFileSync(join(paths[3]!, "meta"), "")
  const { sessions, unreadable } = listSessions(state.path, master)
  expect(sessions.map(session => session.meta.id)).toEqual(["e"])
  expect(unreadable.map(({ path }) => path).sort()).toEqual(paths.slice(0, 4).sort())
  for (const { reason } of unreadable) expect(reason).toMatch(/missing|damaged/)
  expect(readFileSync(join(paths[2]!, "meta")).equals(flipped)).toBe(true)
})

test("another master key reads nothing and changes nothing", () => {
  using state = scratch()
  const { path } = SessionDirectory.create(state.path, master, meta("s_1"))
  const before = readdirSync(path).map(name => readFileSync(join(path, name)))
  const { sessions, unreadable } = listSessions(state.path, randomBytes(32))
  expect(sessions).toEqual([])
  expect(unreadable).toEqual([
    { path, reason: expect.stringContaining("does not open with this master key") },
  ])
  expect(readdirSync(path).map(name => readFileSync(join(path, name)))).toEqual(before)
})

test("partly created and partly removed directories of a crash are not listed, and are swept", async () => {
  using state = scratch()
  const directory = SessionDirectory.create(state.path, master, meta("s_1"))
  mkdirSync(`${sessionPath(state.path, "s_2")}.new-0011`)
  mkdirSync(`${sessionPath(state.path, "s_3")}.gone-0022`)
  expect(listSessions(state.path, master)).toMatchObject({
    sessions: [{ path: directory.path }],
    unreadable: [],
  })
  await sweepSessions(state.path)
  expect(readdirSync(join(state.path, "sessions")).map(name => join(state.path, "sessions", name))).toEqual([
    directory.path,
  ])
})

test("remove deletes the log too and can be called twice", async () => {
  using state = scratch()
  const directory = SessionDirectory.create(state.path, master, meta("s_1"))
  writeFileSync(join(directory.path, "0000000000000000.seg"), "x")
  await directory.remove()
  await directory.remove()
  expect(readdirSync(join(state.path, "sessions"))).toEqual([])
})

test("no sessions yet", async () => {
  using state = scratch()
  expect(listSessions(state.path, master)).toEqual({ sessions: [], unreadable: [] })
  await sweepSessions(state.path)
})
