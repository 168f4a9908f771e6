// The catalogue: survives restarts, and is rebuilt after any damage to its file.

import { expect, test } from "bun:test"
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs"
import { join } from "node:path"
import { Catalogue } from "../../src/store/state/catalogue.ts"
import type { SessionRecord } from "../../src/store/state/record.ts"
import { scratch } from "../helpers.ts"
import { evalCommand, run } from "../spawn.ts"
import { meta, record } from "./records.ts"

const many = Array.from({ length: 200 }, (_, i) => record(`s_${i}`, { createdAt: i, owner: `o${i}` }))

/** Writes and closes a catalogue of `many` sessions. Returns its path. */
function filled(directory: string): string {
  const catalogue = new Catalogue(directory)
  catalogue.rebuild(many)
  catalogue.close()
  return catalogue.path
}

/** Returns what the next start loads. */
function reopened(directory: string): { lost: boolean; list: SessionRecord[] } {
  const catalogue = new Catalogue(directory)
  const { lost } = catalogue
  const list = catalogue.list()
  catalogue.close()
  return { lost, list }
}

test("put, update and remove survive a restart", () => {
  using state = scratch()
  const catalogue = new Catalogue(state.path)
  expect(catalogue.lost).toBe(true)
  const exited = { state: "exited" as const, exit: { code: null, signal: "SIGHUP", at: 9 }, holder: null }
  for (const id of ["a", "b", "c"]) catalogue.put(record(id, { createdAt: id.charCodeAt(0) }))
  expect(catalogue.update("b", exited)).toBe(true)
  expect(catalogue.update("none", exited)).toBe(false)
  expect(catalogue.remove("a")).toBe(true)
  expect(catalogue.remove("a")).toBe(false)
  const expected = [record("b", { ...exited, createdAt: 98 }), record("c", { createdAt: 99 })]
  expect(catalogue.list()).toEqual(expected)
  expect(catalogue.get("b")).toEqual(expected[0]!)
  expect(catalogue.problem).toBeNull()
  catalogue.close()
  expect(reopened(state.path)).toEqual({ lost: false, list: expected })
})

test("a killed process loses nothing", async () => {
  using state = scratch()
  const program = `import { Catalogue } from "./src/store/state/catalogue.ts"
    import { record } from "./test/store/records.ts"
    const catalogue = new Catalogue(process.env.WHERE!)
    for (let i = 0; i < 50; i++) catalogue.put(record("s_" + i, { createdAt: i }))
    process.kill(process.pid, "SIGKILL")`
  const env = { ...process.env, WHERE: state.path }
  await run(evalCommand(program), { cwd: join(import.meta.dirname, "../.."), env })
  expect(reopened(state.path).list.map(({ id }) => id)).toEqual(
    Array.from({ length: 50 }, (_, i) => `s_${i}`),
  )
})

test("only the owner can read the files, and they contain no environment", () => {
  using state = scratch()
  const catalogue = new Catalogue(state.path)
  catalogue.put(meta("s_1"))
  for (const name of readdirSync(state.path)) {
    expect(statSync(join(state.path, name)).mode & 0o777).toBe(0o600)
    expect(readFileSync(join(state.path, name)).includes("hunter2")).toBe(false)
  }
  expect(catalogue.get("s_1")).toEqual(record("s_1"))
  catalogue.close()
})

const DAMAGE: [string, (path: string) => void][] = [
  ["not a database", path => writeFileSync(path, "hello ".repeat(2000))],
  ["cut in half", path => truncateSync(path, Math.floor(statSync(path).size / 2))],
  ["zeroed in the middle", path => writeFileSync(path, readFileSync(path).fill(0, 4096, 20_000))],
  ["noise after the first page", path => writeFileSync(path, readFileSync(path).fill(0xa5, 5000, 30_000))],
]

for (const [name, damage] of DAMAGE) {
  test(`a damaged file (${name}) is renamed and replaced`, () => {
    using state = scratch()
    const path = filled(state.path)
    damage(path)
    const damaged = readFileSync(path)
    const catalogue = new Catalogue(state.path)
    expect(catalogue.lost).toBe(true)
    expect(catalogue.list()).toEqual([])
    expect(readFileSync(catalogue.movedAside!).equals(damaged)).toBe(true)
    catalogue.rebuild(many)
    catalogue.close()
    expect(reopened(state.path)).toEqual({ lost: false, list: many })
  })
}

test("with any single byte flipped, a start loads everything or reports the loss", () => {
  using state = scratch()
  const path = filled(state.path)
  const whole = readFileSync(path)
  for (let i = 0; i < 150; i++) {
    const bytes = Buffer.from(whole)
    bytes[i < 100 ? i : Math.floor(Math.random() * whole.byteLength)]! ^= 0xff
    writeFileSync(path, bytes)
    const catalogue = new Catalogue(state.path)
    if (catalogue.lost) catalogue.rebuild(many)
    catalogue.put(record("new", { createdAt: 1e6 }))
    expect(catalogue.list()).toHaveLength(many.length + 1)
    expect(catalogue.problem).toBeNull()
    catalogue.close()
    for (const left of ["-wal", "-shm"]) if (existsSync(path + left)) truncateSync(path + left, 0)
  }
})

test("damage found at runtime: a new file is written from memory", () => {
  using state = scratch()
  filled(state.path)
  const catalogue = new Catalogue(state.path)
  for (const part of ["", "-wal"])
    if (existsSync(catalogue.path + part)) writeFileSync(catalogue.path + part, noise)
  for (let i = 0; i < 300; i++) catalogue.put(record(`later_${i}`, { createdAt: 1000 + i }))
  expect(catalogue.list()).toHaveLength(500)
  catalogue.close()
  const next = reopened(state.path)
  if (!next.lost) expect(next.list).toHaveLength(500)
})

test("without access to the file, everything works from memory and the reason is reported", () => {
  using state = scratch()
  mkdirSync(join(state.path, "catalogue.db"))
  const catalogue = new Catalogue(state.path)
  expect(catalogue.lost).toBe(true)
  catalogue.put(record("a"))
  catalogue.update("a", { name: "b" })
  expect(catalogue.list()).toEqual([record("a", { name: "b" })])
  expect(catalogue.problem).toBeString()
  catalogue.close()
})

const noise = Buffer.alloc(200_000, 0x5a)
