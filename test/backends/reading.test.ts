// Whether a program waits for input, asked by an ordinary user, and by one who may not look at it.

import { expect, test } from "bun:test"
import { join } from "node:path"
import { asRoot, fixture, onLinux, scratch } from "../helpers.ts"

test.skipIf(!onLinux("what a program waits for"))(
  "of programs that come and go it is always known",
  async () => {
    const looker = Bun.spawn([process.execPath, fixture("looks.ts")], { stderr: "inherit" })
    const answers = await new Response(looker.stdout).json()
    expect(answers).toEqual({ false: expect.any(Number) })
    expect(answers.false).toBeGreaterThan(100)
  },
)

const denied = onLinux("what a program waits for") && asRoot("a server that may not look at its programs")

test.skipIf(!denied)("a server that may not look asks the holder", async () => {
  using home = scratch()
  const words = [process.execPath, fixture("denied-looks.ts"), join(home.path, "state")]
  const server = Bun.spawn(words, { stderr: "inherit" })
  expect(await new Response(server.stdout).json()).toEqual({
    denied: [null, null],
    first: "input",
    sleeps: "timeout",
    again: "input",
  })
  expect(await server.exited).toBe(0)
})
