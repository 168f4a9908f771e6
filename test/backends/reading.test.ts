// Detection of a program that waits for input, by an ordinary user and by one who may not inspect it.

import { expect, test } from "bun:test"
import { join } from "node:path"
import { asRoot, fixture, onLinux, scratch } from "../helpers.ts"

test.skipIf(!onLinux("detection of a program that waits for input"))(
  "the answer is always known for short-lived programs",
  async () => {
    const poller = Bun.spawn([process.execPath, fixture("poll-input-wait.ts")], { stderr: "inherit" })
    const answers = await new Response(poller.stdout).json()
    expect(answers).toEqual({ false: expect.any(Number) })
    expect(answers.false).toBeGreaterThan(100)
  },
)

const denied =
  onLinux("detection of a program that waits for input") &&
  asRoot("a server that may not inspect its programs")

test.skipIf(!denied)("a server that may not inspect a program asks the holder", async () => {
  using home = scratch()
  const command = [process.execPath, fixture("denied-input-wait.ts"), join(home.path, "state")]
  const server = Bun.spawn(command, { stderr: "inherit" })
  expect(await new Response(server.stdout).json()).toEqual({
    denied: [null, null],
    first: "input",
    sleeps: "timeout",
    again: "input",
  })
  expect(await server.exited).toBe(0)
})
