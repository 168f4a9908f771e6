// Records of sessions and of the server: they survive a crash and end with their session.

import { Database } from "bun:sqlite"
import { expect, test } from "bun:test"
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { scratch } from "../helpers.ts"
import { openCore, request } from "./core.ts"

test("records of a session and of the server survive a crash, and the loss of the catalogue", async () => {
  using state = scratch()
  const first = await openCore(state.path)
  const session = await first.sessions.start(request(["cat"], { name: "kept" }))
  session.records.put("mop.keys", "hash", { shared: true })
  session.records.put("mop.keys", "gone", 1)
  session.records.remove("mop.keys", "gone")
  first.sessions.records.put("tokens", "ci", ["view"])
  for (const file of ["catalogue.db", "catalogue.db-wal", "catalogue.db-shm"])
    rmSync(join(state.path, file), { force: true })
  const second = await openCore(state.path)
  const again = second.sessions.get("kept")
  expect(again.id).toBe(session.id)
  expect(again.records.entries()).toEqual([{ space: "mop.keys", key: "hash", value: { shared: true } }])
  expect(second.sessions.records.list("tokens")).toEqual([["ci", ["view"]]])
  const rows = new Database(join(state.path, "catalogue.db"), { readonly: true })
    .query("SELECT session, space, key, value FROM records ORDER BY space")
    .all()
  expect(rows).toEqual([
    { session: session.id, space: "mop.keys", key: "hash", value: '{"shared":true}' },
    { session: "", space: "tokens", key: "ci", value: '["view"]' },
  ])
  await again.end(100)
  second.sessions.remove(again)
  const third = await openCore(state.path)
  expect(third.sessions.list()).toEqual([])
  expect(third.sessions.records.get("tokens", "ci")).toEqual(["view"])
}, 60_000)

test("records are encrypted; a damaged file is reported, renamed and replaced", async () => {
  using state = scratch()
  const first = await openCore(state.path)
  first.sessions.records.put("space", "key", "hunter2")
  const directory = join(state.path, "records")
  const [name] = readdirSync(directory)
  const sealed = readFileSync(join(directory, name!))
  expect(sealed.includes("hunter2")).toBe(false)
  sealed[20]! ^= 1
  writeFileSync(join(directory, name!), sealed)
  const second = await openCore(state.path)
  expect(second.trouble).toEqual([
    { path: join(directory, name!), reason: "damaged records, or records encrypted with another key" },
  ])
  expect(second.sessions.records.entries()).toEqual([])
  second.sessions.records.put("space", "key", "new")
  expect((await openCore(state.path)).sessions.records.get("space", "key")).toBe("new")
  const aside = readdirSync(directory).find(file => file.includes("damaged"))
  expect(readFileSync(join(directory, aside!)).equals(sealed)).toBe(true)
})

test("an orderly stop ends sessions with endsWithServer, and a crash does not", async () => {
  using state = scratch()
  const first = await openCore(state.path)
  const ending = await first.sessions.start(request(["cat"], { name: "ending", endsWithServer: true }))
  const lasting = await first.sessions.start(request(["cat"], { name: "lasting", endsWithServer: true }))
  expect([ending.durable, lasting.durable]).toEqual([true, true])
  const second = await openCore(state.path)
  expect(second.sessions.list().map(({ name, life }) => [name, life.state])).toContainEqual([
    "ending",
    "running",
  ])
  const flagged = second.sessions.get("lasting")
  flagged.endsWithServer = false
  second.sessions.updated(flagged)
  await second.sessions.close(100)
  const third = await openCore(state.path)
  expect(third.sessions.list().map(({ name }) => name)).toEqual(["lasting"])
  await third.sessions.close(100, true)
  expect((await openCore(state.path)).sessions.list()).toEqual([])
}, 60_000)
