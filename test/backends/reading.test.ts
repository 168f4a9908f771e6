// Detection of a program that waits for input, by an ordinary user and by one who may not inspect it.

import { expect, test } from "bun:test"
import { join } from "node:path"
import { asRoot, fixture, onLinux, scratch } from "../helpers.ts"
import { run, runCommand } from "../spawn.ts"

test.skipIf(!onLinux("detection of a program that waits for input"))(
  "the answer is always known for short-lived programs",
  async () => {
    const { stdout } = await run(runCommand(fixture("poll-input-wait.ts")))
    const answers = JSON.parse(stdout)
    expect(answers).toEqual({ false: expect.any(Number) })
    expect(answers.false).toBeGreaterThan(100)
  },
)

const denied =
  onLinux("detection of a program that waits for input") &&
  asRoot("a server that may not inspect its programs")

test.skipIf(!denied)("a server that may not inspect a program asks the holder", async () => {
  using home = scratch()
  const command = runCommand(fixture("denied-input-wait.ts"), join(home.path, "state"))
  const { stdout, code } = await run(command)
  expect(JSON.parse(stdout)).toEqual({
    denied: [null, null],
    first: "input",
    sleeps: "timeout",
    again: "input",
  })
  expect(code).toBe(0)
})
