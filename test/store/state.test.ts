// The state directory: one owner, private permissions, a lasting token, and damaged files.

import { expect, test } from "bun:test"
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmdirSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs"
import { join } from "node:path"
import {
  ownDirectory,
  StateDirectory,
  serverRecord,
  serverSocket,
  socketPath,
  stateDirectory,
} from "../../src/store/state/directory.ts"
import { scratch } from "../helpers.ts"

const mode = (path: string) => (statSync(path).mode & 0o777).toString(8)
const record = { pid: 42, url: "http://127.0.0.1:8000/", started_at: "2026-01-01T00:00:00.000Z" }

test("only the owner has access", () => {
  using directory = scratch()
  const path = join(directory.path, "a/b")
  const state = new StateDirectory(path)
  state.announce(record)
  state.token(() => "t".repeat(43))
  expect([mode(path), mode(join(directory.path, "a"))]).toEqual(["700", "700"])
  for (const file of ["lock.db", "server.json", "token"])
    expect([file, mode(join(path, file))]).toEqual([file, "600"])
  state.release()
})

test("a readable directory becomes private; one that others can write is rejected", () => {
  using directory = scratch()
  const path = join(directory.path, "state")
  mkdirSync(path, { mode: 0o755 })
  expect(mode(ownDirectory(path))).toBe("700")
  for (const open of [0o777, 0o770, 0o720, 0o1777]) {
    chmodSync(path, open)
    expect(() => ownDirectory(path)).toThrow(path)
  }
})

test("a link, a file and another user's directory are rejected", () => {
  using directory = scratch()
  const real = join(directory.path, "real")
  mkdirSync(real, { mode: 0o700 })
  const link = join(directory.path, "link")
  symlinkSync(real, link)
  expect(() => ownDirectory(link)).toThrow("not a directory")
  const file = join(directory.path, "file")
  writeFileSync(file, "")
  expect(() => ownDirectory(file)).toThrow("not a directory")
  if (process.getuid?.() !== 0) return
  chownSync(real, 12345, 12345)
  expect(() => ownDirectory(real)).toThrow("another user owns")
})

test("the error for a second server names the first, and its release frees the directory", () => {
  using directory = scratch()
  const first = new StateDirectory(directory.path)
  expect(() => new StateDirectory(directory.path)).toThrow("in use by another process")
  first.announce(record)
  expect(() => new StateDirectory(directory.path)).toThrow("in use by process 42 at http://127.0.0.1:8000/")
  first.release()
  expect(serverRecord(directory.path)).toBeNull()
  new StateDirectory(directory.path).release()
})

test("a damaged server record is ignored", () => {
  using directory = scratch()
  const first = new StateDirectory(directory.path)
  for (const text of ["", "{", "null", "5", '"x"', "[]", "{}", '{"pid":"x"}', '{"pid":1,"url":5}', "\0"]) {
    writeFileSync(join(directory.path, "server.json"), text)
    expect([text, serverRecord(directory.path)]).toEqual([text, null])
    expect(() => new StateDirectory(directory.path)).toThrow("in use by another process")
  }
  first.release()
})

test("an invalid lock file has its own error, not one about another server", () => {
  using directory = scratch()
  writeFileSync(join(directory.path, "lock.db"), "no database".repeat(100))
  expect(() => new StateDirectory(directory.path)).toThrow(/lock\.db/)
  expect(() => new StateDirectory(directory.path)).not.toThrow("in use")
})

test("a valid token is kept, an invalid one is replaced", () => {
  using directory = scratch()
  const state = new StateDirectory(directory.path)
  const file = join(directory.path, "token")
  const fresh = () => "fresh".repeat(10)
  expect(state.token(() => "a".repeat(43))).toBe("a".repeat(43))
  expect(state.token(fresh)).toBe("a".repeat(43))
  chmodSync(file, 0o644)
  expect(state.token(fresh)).toBe("a".repeat(43))
  expect(mode(file)).toBe("600")
  for (const damaged of ["", "\n", "short", `${"a".repeat(30)} ${"b".repeat(30)}`, "\0".repeat(43)]) {
    writeFileSync(file, damaged)
    expect([damaged, state.token(fresh)]).toEqual([damaged, fresh()])
  }
  state.release()
})

test("a path too long for a socket moves the socket to another private directory", () => {
  using directory = scratch()
  const short = join(directory.path, "s")
  expect(socketPath(short)).toBe(join(short, "ptyline.sock"))
  const long = join(directory.path, "x".repeat(120))
  const state = new StateDirectory(long)
  expect(Buffer.byteLength(state.socket)).toBeLessThanOrEqual(100)
  expect(state.socket).toBe(socketPath(long))
  expect(state.socket).not.toBe(socketPath(`${long}y`))
  expect(mode(join(state.socket, ".."))).toBe("700")
  state.release()
})

test("its path: explicit, by XDG, or in the home directory; always absolute", () => {
  expect(stateDirectory({ PTYLINE_STATE_DIR: "/a/b" })).toBe("/a/b")
  expect(stateDirectory({ PTYLINE_STATE_DIR: "rel" })).toBe(join(process.cwd(), "rel"))
  expect(stateDirectory({ XDG_STATE_HOME: "/x" })).toBe("/x/ptyline")
  expect(stateDirectory({})).toEndWith("/.local/state/ptyline")
})

test("release leaves the token and removes the server record", () => {
  using directory = scratch()
  const state = new StateDirectory(directory.path)
  state.token(() => "a".repeat(43))
  state.announce(record)
  state.release()
  expect(existsSync(join(directory.path, "server.json"))).toBe(false)
  expect(readFileSync(join(directory.path, "token"), "utf8")).toBe(`${"a".repeat(43)}\n`)
})

test("a socket outside the state directory is trusted only in this user's own directory", () => {
  using temporary = scratch()
  const { TMPDIR } = process.env
  process.env.TMPDIR = temporary.path
  try {
    const long = join(temporary.path, "d".repeat(100))
    const beside = join(temporary.path, `ptyline-${process.getuid?.()}`)
    expect(serverSocket(long)).toStartWith(`${beside}/`)
    mkdirSync(beside, { mode: 0o700 })
    expect(serverSocket(long)).toStartWith(`${beside}/`)
    chmodSync(beside, 0o777)
    expect(() => serverSocket(long)).toThrow("others may write")
    rmdirSync(beside)
    symlinkSync(temporary.path, beside)
    expect(() => serverSocket(long)).toThrow("not a directory")
  } finally {
    if (TMPDIR === undefined) delete process.env.TMPDIR
    else process.env.TMPDIR = TMPDIR
  }
})
