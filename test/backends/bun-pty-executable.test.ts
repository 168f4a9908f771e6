// The native library of backend "bun-pty" in an executable that Bun compiled.

import { expect, test } from "bun:test"
import { join } from "node:path"
import { fixture, scratch } from "../helpers.ts"
import { run } from "../spawn.ts"

test("a compiled executable contains the library", async () => {
  using folder = scratch()
  const program = join(folder.path, "program")
  const options = ["--compile", "--minify", "--bytecode", "--format=esm", `--outfile=${program}`]
  const build = await run([process.execPath, "build", ...options, fixture("one-session.ts")])
  expect(build.stderr).not.toContain("error")
  const { stdout } = await run([program, "bun-pty"], { cwd: "/" })
  const { text, code } = JSON.parse(stdout)
  expect(text).toMatch(/^\/dev\/pts\/\d+\r\n$/)
  expect(code).toBe(3)
}, 60_000)
