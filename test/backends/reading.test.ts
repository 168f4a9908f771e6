// Whether a program waits for input, asked by an ordinary user.

import { expect, test } from "bun:test"
import { fixture, onLinux } from "../helpers.ts"

test.skipIf(!onLinux("what a program waits for"))(
  "of programs that come and go it is always known",
  async () => {
    const looker = Bun.spawn([process.execPath, fixture("looks.ts")], { stderr: "inherit" })
    const answers = await new Response(looker.stdout).json()
    expect(answers).toEqual({ false: expect.any(Number) })
    expect(answers.false).toBeGreaterThan(100)
  },
)
