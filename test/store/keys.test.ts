// Keys: created once, private, and never replaced silently.

import { expect, test } from "bun:test"
import { randomBytes } from "node:crypto"
import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import {
  masterKey,
  newSessionKey,
  readSessionKey,
  unwrapKey,
  wrapKey,
  writeSessionKey,
} from "../../src/store/secrets/master-key.ts"
import { scratch } from "../helpers.ts"
import { evalCommand, run } from "../spawn.ts"

test("the master key is created once, of 32 bytes, private, and without other files", () => {
  using state = scratch()
  const key = masterKey(state.path)
  expect(key.byteLength).toBe(32)
  expect(Buffer.from(masterKey(state.path)).equals(key)).toBe(true)
  expect(statSync(join(state.path, "master.key")).mode & 0o777).toBe(0o600)
  expect(readdirSync(state.path)).toEqual(["master.key"])
})

test("ten processes that start at once agree on one master key", async () => {
  using state = scratch()
  const program = `import { masterKey } from "./src/store/secrets/master-key.ts"
    console.log(Buffer.from(masterKey(process.env.WHERE!)).toString("hex"))`
  const root = join(import.meta.dirname, "../..")
  const children = Array.from({ length: 10 }, () =>
    run(evalCommand(program), { cwd: root, env: { ...process.env, WHERE: state.path } }),
  )
  const keys = (await Promise.all(children)).map(({ stdout }) => stdout)
  expect(new Set(keys).size).toBe(1)
  expect(keys[0]!.trim()).toBe(readFileSync(join(state.path, "master.key")).toString("hex"))
})

test("a master key that others can read becomes private; one that others can write is rejected", () => {
  using state = scratch()
  const path = join(state.path, "master.key")
  masterKey(state.path)
  chmodSync(path, 0o644)
  masterKey(state.path)
  expect(statSync(path).mode & 0o777).toBe(0o600)
  chmodSync(path, 0o666)
  expect(() => masterKey(state.path)).toThrow(expect.objectContaining({ code: "denied" }))
})

test("a damaged master key, or a missing one beside sessions, is one clear error and no new key", () => {
  using state = scratch()
  const path = join(state.path, "master.key")
  const master = masterKey(state.path)
  const directory = join(state.path, "sessions", "0".repeat(32))
  mkdirSync(directory, { recursive: true })
  writeSessionKey(directory, master, newSessionKey())
  writeFileSync(path, "short")
  expect(() => masterKey(state.path)).toThrow(expect.objectContaining({ code: "unavailable" }))
  expect(readFileSync(path, "utf8")).toBe("short")
  rmSync(path)
  const missing = {
    code: "unavailable",
    message: expect.stringContaining("is missing, and 1 stored sessions"),
  }
  expect(() => masterKey(state.path)).toThrow(expect.objectContaining(missing))
  expect(readdirSync(state.path)).toEqual(["sessions"])
})

test("a wrapped key opens with its master key only, and not after one bit is flipped", () => {
  const [master, other] = [randomBytes(32), randomBytes(32)]
  const key = newSessionKey()
  const wrapped = wrapKey(master, key)
  expect(Buffer.from(unwrapKey(master, wrapped)).equals(key)).toBe(true)
  expect(Buffer.from(wrapKey(master, key)).equals(wrapped)).toBe(false)
  const refused = expect.objectContaining({ code: "unavailable" })
  expect(() => unwrapKey(other, wrapped)).toThrow(refused)
  for (let bit = 0; bit < wrapped.byteLength * 8; bit++) {
    const flipped = Uint8Array.from(wrapped)
    flipped[bit >> 3]! ^= 1 << (bit & 7)
    expect(() => unwrapKey(master, flipped)).toThrow(refused)
  }
  for (let length = 0; length < wrapped.byteLength; length++)
    expect(() => unwrapKey(master, wrapped.subarray(0, length))).toThrow(refused)
})

test("a session's key file is private, and a missing one is named in the error", () => {
  using directory = scratch()
  const master = randomBytes(32)
  const missing = { code: "unavailable", message: expect.stringContaining(join(directory.path, "key")) }
  expect(() => readSessionKey(directory.path, master)).toThrow(expect.objectContaining(missing))
  const key = newSessionKey()
  writeSessionKey(directory.path, master, key)
  expect(Buffer.from(readSessionKey(directory.path, master)).equals(key)).toBe(true)
  expect(statSync(join(directory.path, "key")).mode & 0o777).toBe(0o600)
  expect(readFileSync(join(directory.path, "key")).includes(key)).toBe(false)
})
