// Spawn policy: commands, directories, environments and names, each rejected with its value.

import { describe, expect, test } from "bun:test"
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import {
  checkName,
  childEnvironment,
  loginShell,
  planSpawn,
  type SpawnRequest,
} from "../../src/core/access/policy.ts"
import { scratch } from "../helpers.ts"

const size = { cols: 80, rows: 24 }
const defaults = { argv: ["/bin/sh", "-l"], cwd: "/tmp", env: { PATH: "/bin", SHELL: "/bin/bash" } }
const plan = (request: Partial<SpawnRequest>, tty = true) =>
  planSpawn({ size, echo: true, ...request }, defaults, "s_id", tty)
const rejected = (request: Partial<SpawnRequest>, code: string, value: string) =>
  expect(() => plan(request)).toThrow(
    expect.objectContaining({ code, message: expect.stringContaining(value) }),
  )

describe("the command", () => {
  test("argv, a command line for the user's shell, or the default", () => {
    expect(plan({ argv: ["ls", "-l"] }).argv).toEqual(["ls", "-l"])
    expect(plan({ command: "ls | wc" }).argv).toEqual(["/bin/bash", "-lc", "ls | wc"])
    expect(plan({}).argv).toEqual(["/bin/sh", "-l"])
    const shellless = { ...defaults, env: { SHELL: "not/absolute" } }
    expect(planSpawn({ size, echo: true, command: "x" }, shellless, "s_id", true).argv).toEqual([
      "/bin/sh",
      "-c",
      "x",
    ])
    expect(loginShell({})).toEqual(["/bin/sh", "-l"])
  })

  test("both, empty ones and NUL are rejected", () => {
    rejected({ argv: ["a"], command: "b" }, "invalid_input", "not both")
    rejected({ argv: [] }, "invalid_input", "program")
    rejected({ argv: [""] }, "invalid_input", "program")
    rejected({ argv: ["a", "b\0c"] }, "invalid_input", '"b\\u0000c"')
  })
})

describe("the directory", () => {
  test("relative to the default, and it must exist", () => {
    using folder = scratch()
    const file = join(folder.path, "file")
    writeFileSync(file, "")
    expect(plan({ cwd: folder.path }).cwd).toBe(folder.path)
    expect(plan({}).cwd).toBe("/tmp")
    rejected({ cwd: "no/such" }, "spawn_failed", 'no such directory: "no/such"')
    rejected({ cwd: file }, "spawn_failed", file)
    rejected({ cwd: join(file, "below") }, "spawn_failed", file)
    rejected({ cwd: "a\0b" }, "spawn_failed", '"a\\u0000b"')
    rejected({ cwd: `/${"x".repeat(5000)}` }, "spawn_failed", "not a usable directory")
  })
})

describe("the environment", () => {
  test("the server's own variables are removed, the session's id is added", () => {
    const env = childEnvironment({ PATH: "/bin", PTYLINE_TOKEN: "secret", PTYLINE_SESSION: "outer" }, true)
    expect(env).toEqual({ PATH: "/bin", TERM: "xterm-256color", COLORTERM: "truecolor" })
    expect(plan({ env: { PTYLINE_SESSION: "forged" } }).env.PTYLINE_SESSION).toBe("s_id")
  })

  test("requested variables override inherited ones", () => {
    expect(plan({ env: { TERM: "vt100", PATH: "/x" } }).env).toMatchObject({ TERM: "vt100", PATH: "/x" })
    expect(plan({}, false).env.TERM).toBe("dumb")
  })

  test("invalid names and values are rejected", () => {
    rejected({ env: { "": "x" } }, "invalid_input", '""')
    rejected({ env: { "a=b": "x" } }, "invalid_input", '"a=b"')
    rejected({ env: { A: "x\0" } }, "invalid_input", "A")
  })
})

describe("names", () => {
  test.each(["a", "build 7", "日本語", "a.b-c_d", "x".repeat(128), null, undefined])("%p is valid", name => {
    expect(() => checkName(name)).not.toThrow()
  })

  test.each(["", " a", "a ", "a/b", "a\nb", "s_x", ".", "..", "\ud800", "x".repeat(129), "\u0085"])(
    "%p is invalid",
    name => {
      expect(() => checkName(name)).toThrow(expect.objectContaining({ code: "invalid_input" }))
    },
  )
})
