// What may be spawned: words, directories, environments and names, each refused with its value.

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
const refused = (request: Partial<SpawnRequest>, code: string, value: string) =>
  expect(() => plan(request)).toThrow(
    expect.objectContaining({ code, message: expect.stringContaining(value) }),
  )

describe("the command", () => {
  test("words, a line for the user's shell, or the default", () => {
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

  test("both, none and NUL are refused", () => {
    refused({ argv: ["a"], command: "b" }, "invalid_input", "not both")
    refused({ argv: [] }, "invalid_input", "program")
    refused({ argv: [""] }, "invalid_input", "program")
    refused({ argv: ["a", "b\0c"] }, "invalid_input", '"b\\u0000c"')
  })
})

describe("the directory", () => {
  test("relative to the default, and it must be one", () => {
    using folder = scratch()
    const file = join(folder.path, "file")
    writeFileSync(file, "")
    expect(plan({ cwd: folder.path }).cwd).toBe(folder.path)
    expect(plan({}).cwd).toBe("/tmp")
    refused({ cwd: "no/such" }, "spawn_failed", 'no such directory: "no/such"')
    refused({ cwd: file }, "spawn_failed", file)
    refused({ cwd: join(file, "below") }, "spawn_failed", file)
    refused({ cwd: "a\0b" }, "spawn_failed", '"a\\u0000b"')
    refused({ cwd: `/${"x".repeat(5000)}` }, "spawn_failed", "not a usable directory")
  })
})

describe("the environment", () => {
  test("the server's own variables stay, the session's id goes along", () => {
    const env = childEnvironment({ PATH: "/bin", PTYLINE_TOKEN: "secret", PTYLINE_SESSION: "outer" }, true)
    expect(env).toEqual({ PATH: "/bin", TERM: "xterm-256color", COLORTERM: "truecolor" })
    expect(plan({ env: { PTYLINE_SESSION: "forged" } }).env.PTYLINE_SESSION).toBe("s_id")
  })

  test("what is asked for wins over what is inherited", () => {
    expect(plan({ env: { TERM: "vt100", PATH: "/x" } }).env).toMatchObject({ TERM: "vt100", PATH: "/x" })
    expect(plan({}, false).env.TERM).toBe("dumb")
  })

  test("names and values that no environment can hold are refused", () => {
    refused({ env: { "": "x" } }, "invalid_input", '""')
    refused({ env: { "a=b": "x" } }, "invalid_input", '"a=b"')
    refused({ env: { A: "x\0" } }, "invalid_input", "A")
  })
})

describe("names", () => {
  test.each(["a", "build 7", "日本語", "a.b-c_d", "x".repeat(128), null, undefined])("%p is one", name => {
    expect(() => checkName(name)).not.toThrow()
  })

  test.each(["", " a", "a ", "a/b", "a\nb", "s_x", ".", "..", "\ud800", "x".repeat(129), "\u0085"])(
    "%p is none",
    name => {
      expect(() => checkName(name)).toThrow(expect.objectContaining({ code: "invalid_input" }))
    },
  )
})
