// Contract: a program that cannot run is `spawn_failed`, with a message that names it.

import { expect, test } from "bun:test"
import { chmodSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { PtylineError } from "../../../src/core/lib/errors.ts"
import type { Backend } from "../../../src/core/session/backend.ts"
import { scratch, start } from "../../helpers.ts"

export function spawning(backend: Backend): void {
  /** Writes a file, executable by default. */
  const file = (folder: string, name: string, content: string, mode = 0o755) => {
    writeFileSync(join(folder, name), content)
    chmodSync(join(folder, name), mode)
    return join(folder, name)
  }
  const cases: Record<string, (folder: string) => string> = {
    "a command that is not on the PATH": () => "no-such-command-anywhere",
    "a path that does not exist": folder => join(folder, "nothing"),
    "a path through a file": folder => join(file(folder, "plain", "x"), "below"),
    "a file that is not executable": folder => file(folder, "plain", "#!/bin/sh\n", 0o644),
    "a directory": folder => folder,
    "a script without an interpreter line": folder => file(folder, "script", "echo no\n"),
    "an empty file": folder => file(folder, "empty", ""),
    "a script with a missing interpreter": folder => file(folder, "script", "#!/no/such/interpreter\n"),
  }
  for (const [label, make] of Object.entries(cases))
    test(`spawn_failed: ${label}`, () => {
      using folder = scratch()
      const program = make(folder.path)
      expectFailure(() => start(backend, [program]), program)
    })

  test("spawn_failed: a working directory that is missing or is a file", () => {
    using folder = scratch()
    const plain = file(folder.path, "plain", "")
    expectFailure(() => start(backend, ["true"], { cwd: "/no/such/folder" }), "/no/such/folder")
    expectFailure(() => start(backend, ["true"], { cwd: plain }), plain)
  })

  test("a program is found on its own PATH and relative to its working directory", async () => {
    using folder = scratch()
    file(folder.path, "own-program", "#!/bin/sh\necho found $0 $*\n")
    await using byPath = start(backend, ["own-program", "1"], {
      env: { PATH: `${folder.path}:/usr/bin:/bin` },
    })
    expect((await byPath.collect()).text).toContain("own-program 1")
    await using relative = start(backend, ["./own-program", "2"], { cwd: folder.path })
    expect((await relative.collect()).text).toContain("found ./own-program 2")
  })

  test("arguments reach the program unchanged", async () => {
    const words = ["", " ", "a b", "it's", '"', "$HOME", "\\n", "*", "é€😀", "a=b", "-u", "--", "line\nline"]
    await using run = start(backend, ["printf", "[%s]", ...words])
    expect((await run.collect()).text.replaceAll("\r", "")).toBe(words.map(word => `[${word}]`).join(""))
  })
}

function expectFailure(action: () => unknown, value: string): void {
  let failure: unknown
  try {
    action()
  } catch (error) {
    failure = error
  }
  expect(failure).toBeInstanceOf(PtylineError)
  expect((failure as PtylineError).code).toBe("spawn_failed")
  expect((failure as PtylineError).message).toContain(value)
}
